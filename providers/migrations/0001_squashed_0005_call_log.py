"""Everything up to 0005 at once, for databases that begin empty; others go on with the steps before."""

from importlib import import_module
import config.clock
import uuid
from django.db import migrations, models

from config.create_models import CreateModels


ledger = import_module("providers.migrations.0002_delivery_ledger")


class Migration(migrations.Migration):

    replaces = [
        ('providers', '0001_initial'),
        ('providers', '0002_delivery_ledger'),
        ('providers', '0003_readable_for_staff'),
        ('providers', '0004_health'),
        ('providers', '0005_call_log'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='DeliveryCursor',
                fields=[
                    ('shard', models.SmallIntegerField(primary_key=True, serialize=False)),
                    ('position', models.BigIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='DeadLetter',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('delivery_id', models.BigIntegerField(db_index=True)),
                    ('received_at', models.DateTimeField(verbose_name='received')),
                    ('body', models.BinaryField()),
                    ('error', models.TextField(verbose_name='error')),
                    ('failed_at', models.DateTimeField(default=config.clock.now, verbose_name='failed')),
                    ('attempts', models.PositiveIntegerField(default=1, verbose_name='attempts')),
                    ('replayed_at', models.DateTimeField(blank=True, null=True, verbose_name='replayed')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                    ('kind', models.CharField(blank=True, max_length=80, verbose_name='kind of error')),
                    ('number', models.CharField(blank=True, max_length=64, verbose_name='number or account')),
                ],
                options={
                    'verbose_name': 'dead letter',
                    'verbose_name_plural': 'dead letters',
                    'constraints': [models.UniqueConstraint(fields=('delivery_id',), name='deadletter_once')],
                    'indexes': [models.Index(condition=models.Q(('closed_at', None)), fields=['delivery_id'], name='deadletter_open')],
                },
            ),
            migrations.CreateModel(
                name='Incident',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(max_length=200)),
                    ('title', models.CharField(max_length=200, verbose_name='title')),
                    ('details', models.TextField(blank=True, verbose_name='details')),
                    ('opened_at', models.DateTimeField(default=config.clock.now, verbose_name='opened')),
                    ('last_seen_at', models.DateTimeField(default=config.clock.now, verbose_name='last seen')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                    ('count', models.PositiveIntegerField(default=1, verbose_name='times seen')),
                ],
                options={
                    'verbose_name': 'incident',
                    'verbose_name_plural': 'incidents',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('key',), name='incident_open_once')],
                },
            ),
            migrations.CreateModel(
                name='ProviderCall',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=config.clock.now)),
                    ('method', models.CharField(max_length=8)),
                    ('path', models.CharField(max_length=300)),
                    ('subject', models.CharField(blank=True, db_index=True, max_length=60)),
                    ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('error_code', models.IntegerField(blank=True, null=True)),
                    ('milliseconds', models.PositiveIntegerField(default=0)),
                    ('request', models.JSONField(blank=True, default=dict)),
                    ('response', models.JSONField(blank=True, default=dict)),
                    ('application', models.CharField(blank=True, max_length=20, verbose_name='application')),
                    ('business', models.CharField(blank=True, max_length=60, verbose_name='business')),
                    ('outcome', models.CharField(blank=True, max_length=12, verbose_name='outcome')),
                    ('step', models.CharField(blank=True, max_length=40, verbose_name='step')),
                ],
                options={
                    'verbose_name': 'provider call',
                    'verbose_name_plural': 'provider log',
                    'indexes': [models.Index(fields=['-at'], name='providercall_when'), models.Index(fields=['business', '-at'], name='providercall_business'), models.Index(fields=['application', '-at'], name='providercall_application')],
                },
            ),
            migrations.CreateModel(
                name='UnknownEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('delivery_id', models.BigIntegerField()),
                    ('position', models.CharField(max_length=40)),
                    ('received_at', models.DateTimeField(verbose_name='received')),
                    ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                    ('field', models.CharField(blank=True, max_length=60, verbose_name='field')),
                    ('provider_account', models.CharField(blank=True, max_length=60, verbose_name='account or number')),
                    ('raw', models.TextField()),
                    ('kind', models.CharField(default='unexpected_shape', max_length=30, verbose_name='kind')),
                ],
                options={
                    'verbose_name': 'unknown event',
                    'verbose_name_plural': 'unknown events',
                    'indexes': [models.Index(fields=['-received_at'], name='unknownevent_when')],
                    'constraints': [models.UniqueConstraint(fields=('delivery_id', 'position'), name='unknownevent_once')],
                },
            ),
            migrations.CreateModel(
                name='ReplayJob',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('asked_by', models.CharField(max_length=254, verbose_name='asked by')),
                    ('asked_at', models.DateTimeField(default=config.clock.now, verbose_name='asked')),
                    ('kind', models.CharField(blank=True, max_length=80, verbose_name='kind of error')),
                    ('number', models.CharField(blank=True, max_length=64, verbose_name='number or account')),
                    ('failed_from', models.DateTimeField(blank=True, null=True, verbose_name='failed from')),
                    ('failed_until', models.DateTimeField(blank=True, null=True, verbose_name='failed until')),
                    ('chosen', models.JSONField(blank=True, null=True, verbose_name='chosen')),
                    ('position', models.BigIntegerField(default=0)),
                    ('last_delivery', models.BigIntegerField()),
                    ('total', models.PositiveIntegerField(verbose_name='letters')),
                    ('went_through', models.PositiveIntegerField(default=0, verbose_name='went through')),
                    ('failed_again', models.PositiveIntegerField(default=0, verbose_name='failed again')),
                    ('progress_at', models.DateTimeField(blank=True, null=True, verbose_name='last progress')),
                    ('stop_asked_at', models.DateTimeField(blank=True, null=True, verbose_name='stop asked')),
                    ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ],
                options={
                    'verbose_name': 'replay',
                    'verbose_name_plural': 'replays',
                    'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['id'], name='replayjob_open')],
                },
            ),
            migrations.CreateModel(
                name='Sample',
                fields=[
                    ('at', models.DateTimeField(primary_key=True, serialize=False)),
                    ('figures', models.JSONField()),
                ],
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=60)),
                    ('slot', models.SmallIntegerField()),
                    ('value', models.BigIntegerField(default=0)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('name', 'slot'), name='tally_once')],
                },
            ),
        ]),
        *ledger.Migration.operations,
    ]
