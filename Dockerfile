# One image for every process; docker-compose.yml says which command each service runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --create-home --uid 10001 umbral
COPY pyproject.toml constraints.txt ./
RUN pip install --upgrade "pip>=25.1" && pip install --constraint constraints.txt --group run
COPY . .
RUN SECRET_KEY=build-only python manage.py translations compile \
    && SECRET_KEY=build-only python manage.py collectstatic --noinput \
    && mkdir -p /data && chown umbral /data
USER umbral
ENV DATA_DIR=/data WEB_HOST=0.0.0.0
CMD ["sh", "-c", "exec uvicorn config.asgi:application --host 0.0.0.0 --port 8000"]
