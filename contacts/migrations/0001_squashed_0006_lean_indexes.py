"""Everything up to 0006 at once, for databases that begin empty; others go on with the steps before."""

import config.clock
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('contacts', '0001_initial'),
        ('contacts', '0002_initial'),
        ('contacts', '0003_understand'),
        ('contacts', '0004_fewer_indexes'),
        ('contacts', '0005_consent_imports'),
        ('contacts', '0006_lean_indexes'),
    ]

    initial = True

    dependencies = [
        ('tenants', '0001_squashed_0006_api_key_scopes'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Contact',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(blank=True, max_length=256, verbose_name='name')),
                    ('name_key', models.CharField(blank=True, editable=False, max_length=256)),
                    ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('last_seen_at', models.DateTimeField(blank=True, null=True, verbose_name='last seen')),
                    ('blocked_at', models.DateTimeField(blank=True, null=True, verbose_name='blocked')),
                    ('business', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('merged_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.contact')),
                    ('named_by_us', models.BooleanField(default=False)),
                    ('profile_at', models.DateTimeField(blank=True, null=True)),
                    ('profile_name', models.CharField(blank=True, max_length=256)),
                    ('username', models.CharField(blank=True, max_length=256, verbose_name='WhatsApp username')),
                    ('username_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'contact',
                    'verbose_name_plural': 'contacts',
                    'indexes': [models.Index(fields=['business', 'name_key', 'id'], name='contact_business_name'), models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='contact_merged')],
                },
            ),
            migrations.CreateModel(
                name='ContactToken',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.CharField(max_length=60)),
                    ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.contact')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('business', 'token', 'contact'), name='contacttoken_unique', opclasses=['int8_ops', 'text_pattern_ops', 'int8_ops'])],
                },
            ),
            migrations.CreateModel(
                name='Identity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('wa_id', 'WhatsApp number'), ('bsuid', 'WhatsApp user ID'), ('parent_bsuid', 'WhatsApp parent user ID'), ('username', 'WhatsApp username'), ('alias', 'number in its plain form'), ('phone', 'phone number'), ('email', 'e-mail address'), ('webchat', 'web chat visitor')], max_length=20)),
                    ('value', models.CharField(max_length=200)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='contacts.contact')),
                ],
                options={
                    'verbose_name': 'identity',
                    'verbose_name_plural': 'identities',
                    'indexes': [models.Index(fields=['contact'], name='identity_contact')],
                    'constraints': [models.UniqueConstraint(fields=('business', 'kind', 'value'), name='identity_unique')],
                },
            ),
            migrations.CreateModel(
                name='ConsentWording',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('text', models.TextField(verbose_name='text')),
                    ('digest', models.CharField(max_length=64)),
                    ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'wording',
                    'verbose_name_plural': 'wordings',
                    'constraints': [models.UniqueConstraint(fields=('business', 'digest'), name='consentwording_once')],
                },
            ),
            migrations.CreateModel(
                name='ConsentEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('opt_in', 'Opt-in'), ('opt_out', 'Opt-out')], max_length=10, verbose_name='kind')),
                    ('scope', models.CharField(default='all', max_length=20)),
                    ('source', models.CharField(choices=[('wrote_first', 'Wrote first'), ('web_form', 'Web form'), ('sms_link', 'Link in an SMS or e-mail'), ('import', 'Import'), ('paper', 'Paper'), ('agent', 'Agent'), ('api', 'API'), ('keyword', 'Keyword in a message'), ('platform', 'WhatsApp setting')], max_length=20, verbose_name='source')),
                    ('wording', models.TextField(blank=True, verbose_name='wording shown')),
                    ('proof', models.JSONField(blank=True, default=dict, verbose_name='proof')),
                    ('occurred_at', models.DateTimeField(verbose_name='when')),
                    ('recorded_at', models.DateTimeField(default=config.clock.now)),
                    ('key', models.CharField(max_length=200)),
                    ('actor', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='contacts.contact')),
                    ('version', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.consentwording')),
                ],
                options={
                    'verbose_name': 'consent',
                    'verbose_name_plural': 'opt-in ledger',
                    'indexes': [models.Index(fields=['contact', '-occurred_at'], name='consent_contact_when'), models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor'], name='consent_actor')],
                    'constraints': [models.UniqueConstraint(fields=('business', 'key'), name='consent_key')],
                },
            ),
            migrations.CreateModel(
                name='ConsentImport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('file', models.FileField(upload_to='unused')),
                    ('file_name', models.CharField(max_length=200)),
                    ('file_size', models.PositiveBigIntegerField(default=0)),
                    ('file_digest', models.CharField(max_length=64)),
                    ('encoding', models.CharField(max_length=20)),
                    ('delimiter', models.CharField(default=',', max_length=1)),
                    ('headers', models.JSONField(default=list)),
                    ('has_header', models.BooleanField(default=True)),
                    ('columns', models.JSONField(blank=True, default=dict)),
                    ('kind', models.CharField(choices=[('opt_in', 'Opt-in'), ('opt_out', 'Opt-out')], default='opt_in', max_length=10)),
                    ('source', models.CharField(choices=[('wrote_first', 'Wrote first'), ('web_form', 'Web form'), ('sms_link', 'Link in an SMS or e-mail'), ('import', 'Import'), ('paper', 'Paper'), ('agent', 'Agent'), ('api', 'API'), ('keyword', 'Keyword in a message'), ('platform', 'WhatsApp setting')], default='import', max_length=20)),
                    ('country', models.CharField(blank=True, max_length=2)),
                    ('day_first', models.BooleanField(default=True)),
                    ('occurred_on', models.DateField(blank=True, null=True)),
                    ('state', models.CharField(choices=[('draft', 'Being prepared'), ('checking', 'Trial run'), ('checked', 'Tried, not imported yet'), ('running', 'Importing'), ('done', 'Imported'), ('cancelled', 'Cancelled'), ('failed', 'Could not be read')], default='draft', max_length=20)),
                    ('position', models.PositiveIntegerField(default=0)),
                    ('bytes_read', models.PositiveBigIntegerField(default=0)),
                    ('counts', models.JSONField(blank=True, default=dict)),
                    ('checked_counts', models.JSONField(blank=True, default=dict)),
                    ('problem', models.CharField(blank=True, max_length=40)),
                    ('failures', models.PositiveSmallIntegerField(default=0)),
                    ('not_before', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('started_at', models.DateTimeField(blank=True, null=True)),
                    ('finished_at', models.DateTimeField(blank=True, null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.consentwording')),
                ],
                options={
                    'verbose_name': 'import of consents',
                    'verbose_name_plural': 'imports of consents',
                    'indexes': [models.Index(fields=['business', '-created_at'], name='consentimport_newest'), models.Index(condition=models.Q(('state__in', ['checking', 'running'])), fields=['created_at'], name='consentimport_working')],
                },
            ),
            migrations.CreateModel(
                name='ConsentImportLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('phase', models.CharField(max_length=10)),
                    ('line', models.PositiveIntegerField()),
                    ('reason', models.CharField(max_length=30)),
                    ('text', models.CharField(max_length=200)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('consent_import', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refused_lines', to='contacts.consentimport')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('consent_import', 'phase', 'line'), name='importline_once')],
                },
            ),
        ]),
        # Room on each page lets a status, a counter or a new end be written without touching any index.
        migrations.RunSQL("ALTER TABLE contacts_contact SET (fillfactor = 80)", "ALTER TABLE contacts_contact RESET (fillfactor)"),
    ]
