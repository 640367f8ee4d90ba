"""Events about accounts that nobody has yet are found by their account; those of the last days are among them."""

from django.db import migrations, models

FROM_BEFORE = """
UPDATE providers_unknownevent SET kind = 'early'
WHERE kind = 'recognised_but_unused' AND reason = 'no business has this account'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("providers", "0005_call_log"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="unknownevent",
            index=models.Index(
                condition=models.Q(("kind", "early")), fields=["provider_account"], name="unknownevent_early"
            ),
        ),
        migrations.RunSQL(FROM_BEFORE, migrations.RunSQL.noop),
    ]
