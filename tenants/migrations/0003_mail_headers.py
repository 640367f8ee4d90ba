from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_audit_staff_only")]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="headers",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
