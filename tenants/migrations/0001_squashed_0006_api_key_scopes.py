"""Everything up to 0006 at once, for databases that begin empty; others go on with the steps before."""

import config.clock
import django.db.models.deletion
import django.utils.timezone
import tenants.models
import uuid
from django.conf import settings
from django.db import migrations, models

from config.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('tenants', '0001_initial'),
        ('tenants', '0002_audit_staff_only'),
        ('tenants', '0003_mail_headers'),
        ('tenants', '0004_audit_of_the_house'),
        ('tenants', '0005_lean_indexes'),
        ('tenants', '0006_api_key_scopes'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Business',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=100, verbose_name='name')),
                    ('slug', models.SlugField(max_length=60, unique=True, verbose_name='address')),
                    ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                    ('time_zone', models.CharField(default='America/Bogota', max_length=50, verbose_name='time zone')),
                    ('language', models.CharField(default='es', max_length=10, verbose_name='language')),
                    ('created_at', models.DateTimeField(default=config.clock.now, verbose_name='created')),
                    ('members', models.ManyToManyField(related_name='businesses', through='tenants.Membership', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'business',
                    'verbose_name_plural': 'businesses',
                },
            ),
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                    ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                    ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                    ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                    ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                    ('full_name', models.CharField(max_length=150, verbose_name='name')),
                    ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                    ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                    ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ],
                options={
                    'verbose_name': 'person',
                    'verbose_name_plural': 'people',
                },
                managers=[
                    ('objects', tenants.models.UserManager()),
                ],
            ),
            migrations.CreateModel(
                name='LiveCounter',
                fields=[
                    ('business', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='tenants.business')),
                    ('last', models.BigIntegerField(default=0)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ApiKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('prefix', models.CharField(max_length=12)),
                    ('digest', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('last_used_at', models.DateTimeField(blank=True, null=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='tenants.business')),
                    ('scopes', models.JSONField(blank=True, null=True, verbose_name='may')),
                ],
                options={
                    'verbose_name': 'API key',
                    'verbose_name_plural': 'API keys',
                },
            ),
            migrations.CreateModel(
                name='Mail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('to', models.EmailField(max_length=254)),
                    ('subject', models.CharField(max_length=200)),
                    ('text', models.TextField()),
                    ('html', models.TextField(blank=True)),
                    ('key', models.CharField(blank=True, max_length=200, null=True, unique=True)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('not_before', models.DateTimeField(default=config.clock.now)),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('last_error', models.TextField(blank=True)),
                    ('headers', models.JSONField(blank=True, default=dict)),
                ],
                options={
                    'verbose_name': 'mail',
                    'verbose_name_plural': 'mail',
                    'indexes': [models.Index(condition=models.Q(('sent_at', None)), fields=['not_before'], name='mail_due')],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Administrator'), ('supervisor', 'Supervisor'), ('agent', 'Agent'), ('viewer', 'Viewer')], max_length=20, verbose_name='role')),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='tenants.business')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'membership',
                    'verbose_name_plural': 'memberships',
                    'constraints': [models.UniqueConstraint(fields=('business', 'user'), name='membership_once')],
                },
            ),
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(db_index=True, default=config.clock.now)),
                    ('actor_label', models.CharField(blank=True, max_length=200)),
                    ('verb', models.CharField(max_length=60)),
                    ('subject', models.CharField(max_length=200)),
                    ('details', models.JSONField(blank=True, default=dict)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('business', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                    ('staff_only', models.BooleanField(default=False)),
                ],
                options={
                    'verbose_name': 'audit event',
                    'verbose_name_plural': 'audit trail',
                    'indexes': [models.Index(fields=['business', '-at'], name='audit_business_at')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('business__isnull', False), ('staff_only', True), _connector='OR'), name='audit_without_business_is_for_staff')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Administrator'), ('supervisor', 'Supervisor'), ('agent', 'Agent'), ('viewer', 'Viewer')], max_length=20, verbose_name='role')),
                    ('token_digest', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=config.clock.now)),
                    ('expires_at', models.DateTimeField()),
                    ('accepted_at', models.DateTimeField(blank=True, null=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('business', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='tenants.business')),
                    ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'invitation',
                    'verbose_name_plural': 'invitations',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None)), fields=('business', 'email'), name='invitation_open_once')],
                },
            ),
            migrations.CreateModel(
                name='LiveEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.BigIntegerField()),
                    ('type', models.CharField(max_length=40)),
                    ('data', models.JSONField(default=dict)),
                    ('at', models.DateTimeField(default=config.clock.now)),
                    ('business', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.business')),
                ],
                options={
                    'indexes': [models.Index(fields=['at'], name='liveevent_at')],
                    'constraints': [models.UniqueConstraint(fields=('business', 'number'), name='liveevent_number')],
                },
            ),
        ]),
    ]
