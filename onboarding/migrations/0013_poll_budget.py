from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0012_embedded_signup")]

    operations = [
        migrations.AddField(
            model_name="waba",
            name="polls_paid_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
