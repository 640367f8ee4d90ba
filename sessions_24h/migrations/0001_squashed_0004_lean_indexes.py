"""Everything up to 0004 at once, for databases that begin empty; others go on with the steps before."""

import django.db.models.deletion
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('sessions_24h', '0001_initial'),
        ('sessions_24h', '0002_initial'),
        ('sessions_24h', '0003_fewer_indexes'),
        ('sessions_24h', '0004_lean_indexes'),
    ]

    initial = True

    dependencies = [
        ('contacts', '0001_squashed_0006_lean_indexes'),
        ('onboarding', '0001_squashed_0012_embedded_signup'),
        ('tenants', '0001_squashed_0006_api_key_scopes'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='CustomerServiceWindow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('last_inbound_at', models.DateTimeField(verbose_name='last message received')),
                    ('expires_at', models.DateTimeField(verbose_name='ends')),
                    ('free_entry_from', models.DateTimeField(blank=True, null=True)),
                    ('free_entry_expires_at', models.DateTimeField(blank=True, null=True)),
                    ('announced_expiry_of', models.DateTimeField(blank=True, null=True)),
                    ('business', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='windows', to='contacts.contact')),
                    ('phone_number', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.phonenumber')),
                ],
                options={
                    'verbose_name': 'customer service window',
                    'verbose_name_plural': 'customer service windows',
                    'indexes': [models.Index(condition=models.Q(('announced_expiry_of', None), models.Q(('announced_expiry_of', models.F('expires_at')), _negated=True), _connector='OR'), fields=['expires_at'], name='window_to_announce'), models.Index(fields=['business', 'expires_at'], name='window_business_end')],
                    'constraints': [models.UniqueConstraint(fields=('phone_number', 'contact'), name='window_once')],
                },
            ),
        ]),
        # Room on each page lets a status, a counter or a new end be written without touching any index.
        migrations.RunSQL("ALTER TABLE sessions_24h_customerservicewindow SET (fillfactor = 70)", "ALTER TABLE sessions_24h_customerservicewindow RESET (fillfactor)"),
    ]
