"""The tables of the floor: a raw delivery, and the rows that an inbox needs."""

from django.db import models


class Delivery(models.Model):
    """A webhook body as it came."""

    received_at = models.DateTimeField(auto_now_add=True)
    body = models.BinaryField()

    class Meta:
        app_label = "textbook"

    def __str__(self):
        return str(self.pk)


class Contact(models.Model):
    """A person who writes to a number."""

    phone_number_id = models.CharField(max_length=40)
    wa_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        app_label = "textbook"
        constraints = [models.UniqueConstraint(fields=["phone_number_id", "wa_id"], name="textbook_contact_once")]

    def __str__(self):
        return self.name


class Window(models.Model):
    """Until when the person may be answered freely."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "textbook"

    def __str__(self):
        return str(self.expires_at)


class Conversation(models.Model):
    """What the inbox lists."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE)
    last_message_text = models.CharField(max_length=200, blank=True)
    last_activity_at = models.DateTimeField(null=True)
    unread_count = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "textbook"
        indexes = [models.Index(fields=["-last_activity_at"], name="textbook_conversation_list")]

    def __str__(self):
        return self.last_message_text


class Message(models.Model):
    """One message, told apart by the provider's ID."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE)
    provider_id = models.CharField(max_length=200, unique=True)
    text = models.TextField()
    at = models.DateTimeField()
    content = models.JSONField(default=dict)

    class Meta:
        app_label = "textbook"

    def __str__(self):
        return self.text
