from django.db import migrations, models


def one_row(apps, schema_editor):
    apps.get_model("config", "Clock").objects.using(schema_editor.connection.alias).get_or_create(
        pk=1, defaults={"offset_seconds": 0}
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("offset_seconds", models.FloatField(default=0)),
            ],
            options={"db_table": "config_clock"},
        ),
        migrations.CreateModel(
            name="Beat",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("seen_at", models.DateTimeField()),
            ],
            options={"db_table": "config_beat"},
        ),
        migrations.RunPython(one_row, migrations.RunPython.noop),
    ]
