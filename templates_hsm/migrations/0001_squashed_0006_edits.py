"""Everything up to 0006 at once, for databases that begin empty; others go on with the steps before."""

import config.clock
import django.db.models.deletion
import templates_hsm.models
import uuid
from django.conf import settings
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('templates_hsm', '0001_initial'),
        ('templates_hsm', '0002_initial'),
        ('templates_hsm', '0003_submission'),
        ('templates_hsm', '0004_builder'),
        ('templates_hsm', '0005_news'),
        ('templates_hsm', '0006_edits'),
    ]

    initial = True

    dependencies = [
        ('onboarding', '0001_squashed_0012_embedded_signup'),
        ('tenants', '0001_squashed_0006_api_key_scopes'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='MessageTemplate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=512, verbose_name='name')),
                    ('language', models.CharField(max_length=10, verbose_name='language')),
                    ('category', models.CharField(choices=[('UTILITY', 'Utility'), ('MARKETING', 'Marketing'), ('AUTHENTICATION', 'Authentication')], max_length=20, verbose_name='category')),
                    ('parameter_format', models.CharField(default='POSITIONAL', max_length=12)),
                    ('components', models.JSONField(default=list, verbose_name='components')),
                    ('status', models.CharField(choices=[('draft', 'Draft'), ('house_review', 'With our team'), ('submitting', 'On its way to Meta'), ('refused', "Not accepted by Meta's form check"), ('pending', 'In review at Meta'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('paused', 'Paused'), ('disabled', 'Disabled'), ('in_appeal', 'Appeal open'), ('pending_deletion', 'Being deleted'), ('deleted', 'Deleted'), ('limit_exceeded', "Over the account's limit"), ('archived', 'Archived'), ('unknown', 'Unknown to us')], default='draft', max_length=20, verbose_name='status')),
                    ('status_raw', models.CharField(blank=True, max_length=60)),
                    ('status_changed_at', models.DateTimeField(default=config.clock.now)),
                    ('provider_id', models.CharField(blank=True, max_length=40, null=True, unique=True)),
                    ('rejected_reason', models.CharField(blank=True, max_length=60)),
                    ('rejection_details', models.TextField(blank=True)),
                    ('quality', models.CharField(blank=True, max_length=20, verbose_name='quality')),
                    ('previous_category', models.CharField(blank=True, max_length=20)),
                    ('correct_category', models.CharField(blank=True, max_length=20)),
                    ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('updated_at', models.DateTimeField(default=config.clock.now)),
                    ('version', models.PositiveIntegerField(default=1)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('waba', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='message_templates', to='onboarding.waba')),
                    ('last_error', models.TextField(blank=True)),
                    ('last_error_code', models.IntegerField(blank=True, null=True)),
                    ('submit_after', models.DateTimeField(blank=True, null=True)),
                    ('submit_attempts', models.PositiveSmallIntegerField(default=0)),
                    ('category_waits', models.BooleanField(default=False)),
                    ('pause_kind', models.CharField(blank=True, max_length=30)),
                    ('paused_until', models.DateTimeField(blank=True, null=True)),
                    ('wish', models.CharField(blank=True, max_length=12)),
                    ('wish_after', models.DateTimeField(blank=True, null=True)),
                    ('wish_error', models.TextField(blank=True)),
                    ('archives_at', models.DateTimeField(blank=True, null=True)),
                    ('changes', models.JSONField(blank=True, null=True)),
                    ('last_sent_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'message template',
                    'verbose_name_plural': 'message templates',
                    'indexes': [models.Index(fields=['business', 'status', 'name'], name='messagetemplate_list'), models.Index(fields=['submit_after'], name='messagetemplate_to_submit'), models.Index(fields=['wish_after'], name='messagetemplate_wishes')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'deleted'), _negated=True), fields=('waba', 'name', 'language'), name='messagetemplate_once')],
                },
            ),
            migrations.CreateModel(
                name='TemplateEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=30)),
                    ('old', models.CharField(blank=True, max_length=60)),
                    ('new', models.CharField(blank=True, max_length=60)),
                    ('details', models.JSONField(blank=True, default=dict)),
                    ('at', models.DateTimeField(default=config.clock.now)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='templates_hsm.messagetemplate')),
                ],
                options={
                    'verbose_name': 'template event',
                    'verbose_name_plural': 'template history',
                    'indexes': [models.Index(fields=['template', '-at'], name='templateevent_when')],
                },
            ),
            migrations.CreateModel(
                name='LibraryTemplate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('use', models.CharField(max_length=30, verbose_name='use')),
                    ('language', models.CharField(max_length=10, verbose_name='language')),
                    ('definition', models.JSONField(verbose_name='definition')),
                    ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10, verbose_name='state')),
                    ('created_at', models.DateTimeField(default=config.clock.now, verbose_name='created')),
                    ('updated_at', models.DateTimeField(default=config.clock.now, verbose_name='changed')),
                    ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='published')),
                ],
                options={
                    'verbose_name': 'library template',
                    'verbose_name_plural': 'library templates',
                },
            ),
            migrations.CreateModel(
                name='LibraryChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=12)),
                    ('definition', models.JSONField()),
                    ('at', models.DateTimeField(default=config.clock.now)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='templates_hsm.librarytemplate')),
                ],
                options={
                    'verbose_name': 'change of a library template',
                    'verbose_name_plural': 'changes of library templates',
                    'indexes': [models.Index(fields=['entry', '-at'], name='librarychange_when')],
                },
            ),
            migrations.CreateModel(
                name='TemplateMedia',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('kind', models.CharField(choices=[('IMAGE', 'Image'), ('VIDEO', 'Video'), ('DOCUMENT', 'Document')], max_length=10)),
                    ('file', models.CharField(max_length=255)),
                    ('file_name', models.CharField(max_length=255)),
                    ('mime_type', models.CharField(max_length=60)),
                    ('size', models.PositiveBigIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('provider_handle', models.TextField(blank=True)),
                    ('provider_handle_at', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('look_after', models.DateTimeField(default=templates_hsm.models.in_a_day)),
                ],
                options={
                    'verbose_name': 'header file',
                    'verbose_name_plural': 'header files',
                    'indexes': [models.Index(fields=['business', 'sha256'], name='templatemedia_same'), models.Index(fields=['look_after'], name='templatemedia_look')],
                },
            ),
            migrations.CreateModel(
                name='TemplateVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(default='saved', max_length=20)),
                    ('version', models.PositiveIntegerField()),
                    ('definition', models.JSONField()),
                    ('at', models.DateTimeField(default=config.clock.now)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='templates_hsm.messagetemplate')),
                ],
                options={
                    'verbose_name': 'template version',
                    'verbose_name_plural': 'template versions',
                    'indexes': [models.Index(fields=['template', '-at'], name='templateversion_when')],
                },
            ),
            migrations.CreateModel(
                name='CategoryChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('old', models.CharField(max_length=20, verbose_name='before')),
                    ('new', models.CharField(max_length=20, verbose_name='now')),
                    ('at', models.DateTimeField(default=config.clock.now, verbose_name='changed')),
                    ('waits', models.BooleanField(default=False, verbose_name='waits for consent')),
                    ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                    ('agreed_to', models.JSONField(blank=True, default=dict)),
                    ('agreed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='category_changes', to='templates_hsm.messagetemplate')),
                ],
                options={
                    'verbose_name': 'category changed by Meta',
                    'verbose_name_plural': 'categories changed by Meta',
                    'indexes': [models.Index(fields=['template', '-at'], name='categorychange_when')],
                },
            ),
            migrations.CreateModel(
                name='LintMiss',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=512, verbose_name='name')),
                    ('language', models.CharField(max_length=10, verbose_name='language')),
                    ('category', models.CharField(max_length=20, verbose_name='category')),
                    ('kind', models.CharField(choices=[('refused', 'Refused at the form check'), ('rejected', 'Rejected in the review'), ('category', 'Moved to another category')], max_length=10, verbose_name='what happened')),
                    ('code', models.CharField(blank=True, max_length=60, verbose_name="Meta's code")),
                    ('words', models.TextField(blank=True, verbose_name="Meta's own words")),
                    ('definition', models.JSONField(verbose_name='what was handed in')),
                    ('verdict', models.CharField(blank=True, max_length=10, verbose_name='our verdict')),
                    ('rules', models.JSONField(blank=True, default=list, verbose_name='what our check found')),
                    ('versions', models.CharField(blank=True, max_length=120, verbose_name='version of the rules')),
                    ('at', models.DateTimeField(default=config.clock.now, verbose_name='heard')),
                    ('state', models.CharField(choices=[('open', 'To look at'), ('learned', 'Learned'), ('no_rule', 'Nothing to learn')], default='open', max_length=10, verbose_name='state')),
                    ('learned', models.TextField(blank=True, verbose_name='what was learned')),
                    ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('template', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='misses', to='templates_hsm.messagetemplate')),
                ],
                options={
                    'verbose_name': 'miss of our check',
                    'verbose_name_plural': 'misses of our check',
                    'indexes': [models.Index(fields=['state', '-at'], name='lintmiss_queue')],
                },
            ),
            migrations.CreateModel(
                name='TemplateAppeal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('rejection', 'Rejection'), ('category', 'Category'), ('disabled', 'Disabling')], max_length=12, verbose_name='against')),
                    ('state', models.CharField(choices=[('asked', 'Asked for'), ('open', 'Open at Meta'), ('granted', 'Granted'), ('denied', 'Not granted')], default='asked', max_length=10, verbose_name='state')),
                    ('asked_at', models.DateTimeField(default=config.clock.now, verbose_name='asked for')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                    ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='appeals', to='templates_hsm.messagetemplate')),
                ],
                options={
                    'verbose_name': 'appeal',
                    'verbose_name_plural': 'appeals',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('template', 'kind'), name='templateappeal_one_open')],
                },
            ),
            migrations.CreateModel(
                name='TemplateReview',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('waiting', 'Waits for us'), ('approved', 'Approved by us'), ('sent_back', 'Sent back'), ('withdrawn', 'Taken back by the business')], default='waiting', max_length=10, verbose_name='state')),
                    ('asked_at', models.DateTimeField(default=config.clock.now, verbose_name='asked for')),
                    ('definition', models.JSONField()),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                    ('note', models.TextField(blank=True, verbose_name='note')),
                    ('notes', models.JSONField(blank=True, default=list)),
                    ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='templates_hsm.messagetemplate')),
                    ('remind_at', models.DateTimeField(blank=True, null=True)),
                    ('reminders', models.PositiveSmallIntegerField(default=0)),
                ],
                options={
                    'verbose_name': 'review of a template',
                    'verbose_name_plural': 'reviews of templates',
                    'indexes': [models.Index(fields=['state', 'asked_at'], name='templatereview_queue')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('template',), name='templatereview_one_waits')],
                },
            ),
        ]),
    ]
