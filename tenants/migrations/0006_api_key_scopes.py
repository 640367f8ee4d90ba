from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_lean_indexes")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(blank=True, null=True, verbose_name="may"),
        ),
    ]
