"""Conversations: customers write on the sandbox's telephone, the business answers through its services.

All conversations play side by side in rounds: what customers say, then (once it was digested) what we answer.
"""

import uuid
from datetime import timedelta
from functools import singledispatchmethod

from django.core.files.uploadedfile import SimpleUploadedFile

from config import clock
from contactcenter import gate
from contactcenter.demo import acts, pictures
from contactcenter.demo.stage import ago
from contactcenter.models import Conversation, Direction, Message, MessageStatus
from contactcenter.services import conversations as handling
from contactcenter.services import messages
from contacts.models import Identity, IdentityKind
from contacts.services import consent, people
from tenants.models import AuditEvent, User
from tenants.tenancy import business_scope

TOO_LATE = timedelta(minutes=10)
SETTLED = {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED}


def play(players, until):
    """Play what happened up to the moment ``until``; the installation's clock must stand there."""
    while any(player.goes_on(until) for player in players):
        for side, what in ((acts.FROM_CUSTOMER, "_heard"), (acts.FROM_US, "_settled")):
            for player in players:
                player.act(until, side)
            for player in players:
                player.wait_for(what)
        for player in players:
            player.look()


class Player:
    """Plays the conversations of one business's number, each act once."""

    def __init__(self, stage, business, number, talks, templates):
        self.stage, self.business, self.number, self.templates = stage, business, number, templates
        self.lines = [Line(self, talk) for talk in talks]

    def goes_on(self, until):
        """Whether something is left that happened by ``until``."""
        return any(line.next_side(until) for line in self.lines)

    def act(self, until, side):
        """Play the acts of one side that come next."""
        for line in self.lines:
            line.play(until, side)

    def look(self):
        """Customers open their chats."""
        for line in self.lines:
            line.look()

    def wait_for(self, what):
        """Wait until what customers said was ``_heard``, or what we said is ``_settled``."""
        self.stage.wait(f"the messages of {self.business} ({what[1:]})", getattr(self, what), 12)

    def _heard(self):
        wanted = {wamid for line in self.lines for wamid in line.said}
        if wanted:
            with business_scope(self.business):
                found = Message.objects.filter(phone_number=self.number, provider_id__in=wanted)
                wanted -= set(found.values_list("provider_id", flat=True))
            for line in self.lines:
                line.said &= wanted
        return not wanted

    def _settled(self):
        pks = {pk for line in self.lines for pk in line.sent}
        if pks:
            with business_scope(self.business):
                rows = Message.objects.filter(pk__in=pks, status__in=SETTLED)
                pks -= set(rows.values_list("pk", flat=True))
            for line in self.lines:
                line.sent &= pks
        return not pks


class Line:
    """One talk while it is played."""

    def __init__(self, player, talk):
        self.player, self.talk, self.stage = player, talk, player.stage
        self.left = list(talk.acts)
        self.known = {}
        """Key of an act -> the provider's ID (said by the customer) or our primary key."""
        self.said, self.sent = set(), set()
        self.made = self.unread = False

    def next_side(self, until):
        """Whose act comes next, or None when nothing more happened by ``until``."""
        if self.left and self._at(self.left[0]) <= until:
            return self.left[0].side
        return None

    def play(self, until, side):
        """Play the acts of one side that come next."""
        while self.next_side(until) == side:
            act = self.left.pop(0)
            self._appear()
            try:
                self._do(act, self._at(act))
            except gate.NotAllowed:
                if clock.now() - self.stage.ends_at < TOO_LATE:
                    raise
                # A run that broke is told to its end much later, and windows of that day have closed.

    def look(self):
        """The customer opens the chat, so what was delivered is read."""
        if self.unread and self.talk.reads and self.talk.on_whatsapp:
            self.unread = False
            self.stage.do("read", number=self.player.number.phone_number_id, phone=self.talk.phone)

    def _at(self, act):
        return self.stage.moment(ago(act.ago))

    def _appear(self):
        """The person has a telephone, and a line in the ledger when we are to write first."""
        if self.made:
            return
        self.made = True
        talk = self.talk
        self.stage.do(
            "phones", phone=talk.phone, name=talk.name, on_whatsapp=talk.on_whatsapp, username=talk.username
        )  # fmt: skip
        if talk.opt_in:
            when, source, wording = talk.opt_in
            with business_scope(self.player.business), clock.frozen(self.stage.moment(ago(when))):
                contact = people.get_or_make(self.player.business.pk, wa_id=talk.phone, name=talk.name)
                consent.record_opt_in(contact, source=source, key=f"demo:{talk.phone}", wording=wording)

    # What customers do

    @singledispatchmethod
    def _do(self, act, at):
        raise TypeError(f"Nobody knows how to play {act}.")

    def _say(self, act, at, send):
        """Let ``send`` deliver the customer's message unless an earlier run did."""
        with business_scope(self.player.business):
            identity = Identity.objects.filter(kind=IdentityKind.WA_ID, value=self.talk.phone).first()
            second = at.replace(microsecond=0)
            before = (
                identity
                and Message.objects.filter(contact=identity.contact_id, direction=Direction.INBOUND, at=second).first()
            )
        wamid = before.provider_id if before else send(int(at.timestamp()))["id"]
        if act.key:
            self.known[act.key] = wamid
        return wamid

    def _from(self, **more):
        return {"number": self.player.number.phone_number_id, "phone": self.talk.phone} | more

    @_do.register
    def _(self, act: acts.Writes, at):
        reply_to = self._provider_id(act.reply_to) if act.reply_to else None
        self.said.add(
            self._say(act, at, lambda s: self.stage.do("inbound", **self._from(text=act.text, at=s, reply_to=reply_to)))
        )

    @_do.register
    def _(self, act: acts.Hands, at):
        file = pictures.FILES[act.file]()
        fields = self._from(**({"caption": act.caption} if act.caption else {}))
        self.said.add(self._say(act, at, lambda s: self.stage.hand_over(file, **fields, at=s)))

    @_do.register
    def _(self, act: acts.Sends, at):
        body = act.body | ({"message_id": self._provider_id(act.to)} if act.to else {})
        fields = self._from(type=act.kind) | {act.kind: body}
        wamid = self._say(act, at, lambda s: self.stage.do("inbound", **fields, at=s))
        if act.kind != "reaction":  # a reaction is no message of its own
            self.said.add(wamid)

    @_do.register
    def _(self, act: acts.Presses, at):
        target = self._provider_id(act.message)
        self.said.add(self._say(act, at, lambda s: self.stage.do("press", message=target, position=act.position, at=s)))

    # What we do

    def _provider_id(self, key):
        known = self.known[key]
        if isinstance(known, str):
            return known
        with business_scope(self.player.business):
            return Message.objects.values_list("provider_id", flat=True).get(pk=known)

    def _message(self, key):
        known = self.known[key]
        named = {"provider_id": known} if isinstance(known, str) else {"pk": known}
        return Message.objects.select_related("conversation").get(phone_number=self.player.number, **named)

    def _conversation(self):
        return Conversation.objects.select_related("phone_number", "contact", "business").get(
            phone_number=self.player.number, contact__identities__value=self.talk.phone,
            contact__identities__kind=IdentityKind.WA_ID,
        )  # fmt: skip

    def _name(self, act):
        return f"demo:{self.talk.phone}:{self.talk.acts.index(act)}"

    def _keep(self, act, message):
        if act.key:
            self.known[act.key] = message.pk
        self.sent.add(message.pk)
        self.unread = True

    def _inside(self, at):
        """The scope and the moment of an act of ours."""
        return business_scope(self.player.business), clock.frozen(at)

    @_do.register
    def _(self, act: acts.Answers, at):
        scope, moment = self._inside(at)
        with scope, moment:
            more = {"author": person(act.by), "idempotency_key": self._name(act)}
            if act.reply_to:
                more["reply_to"] = self._message(act.reply_to)
            if act.file:
                name, content, kind = pictures.FILES[act.file]()
                file = SimpleUploadedFile(name, content, kind)
                message = messages.send_media(self._conversation(), file, act.text, **more)
            else:
                message = messages.send_text(self._conversation(), act.text, **more)
        self._keep(act, message)

    @_do.register
    def _(self, act: acts.Template, at):
        template = self.player.templates[act.name, act.language]
        values = {"body": list(act.body), "buttons": {str(n): value for n, value in enumerate(act.buttons)}}
        author = {"author": person(act.by)} if act.by else {"source": "api"}
        scope, moment = self._inside(at)
        with scope, moment:
            contact = people.get_or_make(self.player.business.pk, wa_id=self.talk.phone)
            message = messages.start_conversation(
                self.player.number, contact, template, values, idempotency_key=self._name(act), **author
            )
        self._keep(act, message)

    @_do.register
    def _(self, act: acts.Thumbs, at):
        scope, moment = self._inside(at)
        with scope, moment:
            messages.send_reaction(self._message(act.to), act.emoji, author=person(act.by))

    @_do.register
    def _(self, act: acts.Noted, at):
        reference = uuid.uuid5(self.player.business.reference, self._name(act))
        scope, moment = self._inside(at)
        with scope, moment:
            handling.add_note(self._conversation(), act.text, by=person(act.by), reference=reference)

    @_do.register
    def _(self, act: acts.Given, at):
        scope, moment = self._inside(at)
        with scope, moment:
            conversation = self._conversation()
            if not _was_done("conversation assigned", conversation, at):
                handling.assign(conversation, person(act.to), by=person(act.by))

    @_do.register
    def _(self, act: acts.Resolved, at):
        scope, moment = self._inside(at)
        with scope, moment:
            conversation = self._conversation()
            if not _was_done("conversation resolved", conversation, at):
                handling.resolve(conversation, by=person(act.by))

    @_do.register
    def _(self, act: acts.Seen, at):
        scope, moment = self._inside(at)
        with scope, moment:
            messages.mark_read(self._conversation(), by=person(act.by))


def _was_done(verb, conversation, at):
    """Whether an earlier run did it at this moment of the story: later messages may have undone it since."""
    return AuditEvent.objects.filter(verb=verb, subject=str(conversation.reference), at=at).exists()


def person(email):
    """Somebody of the demo."""
    return User.objects.get(email=email)
