"""Pictures that pages of this app draw: QR codes, and bars of days."""

from django.http import Http404, HttpResponse

from config.dates import short
from onboarding.services.chat_links import picture

MIME = {"svg": "image/svg+xml", "png": "image/png"}
WIDTH, HEIGHT, FOOT, LEFT = 640, 150, 22, 30


def picture_response(url, kind, name, save):
    """A QR code as ``svg`` or ``png``; with ``save`` the browser stores it as a file."""
    if kind not in MIME:
        raise Http404
    response = HttpResponse(picture(url, kind), content_type=MIME[kind])
    response["Content-Disposition"] = f'{"attachment" if save else "inline"}; filename="{name}.{kind}"'
    response["Cache-Control"] = "private, max-age=300"
    return response


def bars(days):
    """What the template draws for ``[(day, count)]``: bars in whole pixels, the top of the axis, some labels."""
    top = max([count for _day, count in days] + [4])
    step = (WIDTH - LEFT) / len(days)
    inner = HEIGHT - FOOT - 8
    drawn, labels = [], []
    for at, (day, count) in enumerate(days):
        height = round(inner * count / top, 1)
        drawn.append(
            {
                "x": round(LEFT + at * step + step * 0.15, 1),
                "width": round(step * 0.7, 1),
                "y": round(8 + inner - height, 1),
                "height": height,
                "day": day,
                "count": count,
            }
        )
        if at % 7 == (len(days) - 1) % 7:
            labels.append({"x": round(LEFT + at * step + step / 2, 1), "text": short(day, "j M")})
    return {
        "bars": drawn,
        "labels": labels,
        "top": top,
        "top_y": 8,
        "base": 8 + inner,
        "left": LEFT,
        "right": WIDTH,
        "width": WIDTH,
        "height": HEIGHT,
        "foot": HEIGHT - 4,
        "total": sum(count for _day, count in days),
    }
