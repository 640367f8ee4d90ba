"""Templates in every status: written and handed in here, judged and changed by the sandbox as Meta would."""

from config.clock import now
from onboarding.models import Waba
from providers.registry import credentials_for, provider_for
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import exchange, templates
from tenants.tenancy import business_scope

DECIDED = ("approved", "rejected", "paused", "disabled", "archived", "pending_deletion")


def write(business, number, stories, *, actor):
    """Make the drafts of these stories that aren't there yet."""
    with business_scope(business):
        waba = Waba.objects.get(pk=number.waba_id)
        for story in stories:
            if not _rows(business, story).exists():
                templates.create(
                    waba, name=story["name"], language=story["language"], category=story.get("category", "UTILITY"),
                    components=story["components"], actor=actor,
                )  # fmt: skip


def hand_in(stage, business, stories, *, actor):
    """Hand in every draft that its story doesn't leave a draft; returns a function that waits until Meta has them."""
    with business_scope(business):
        for story in stories:
            template = _rows(business, story).select_related("waba", "business").get()
            if story["becomes"] != "draft" and template.status == TemplateStatus.DRAFT:
                templates.submit(template, actor=actor)

    def arrived():
        exchange.submit_due(limit=50)
        with business_scope(business):
            return not MessageTemplate.objects.filter(business=business, status=TemplateStatus.SUBMITTING).exists()

    return lambda: stage.wait(f"the templates of {business} at Meta", arrived, 12)


def judge(stage, business, number, stories):
    """Meta's reviewer decides as the stories say; returns a function that waits until we heard of it."""
    open_reviews = {row["subject"] for row in stage.look("reviews")["reviews"]}
    for story, template in _each(business, stories):
        if story["becomes"] in DECIDED and template.provider_id in open_reviews:
            approve = story["becomes"] != "rejected"
            stage.do(
                "decide", kind="templates", subject=template.provider_id, approve=approve, reason=story.get("reason")
            )
    return _wait(
        stage, business, number, stories, lambda story: "rejected" if story["becomes"] == "rejected" else "approved"
    )


def change(stage, business, number, stories):
    """What befalls approved templates later: paused, disabled, archived, deleted, another quality or category.

    Returns a function that waits until we heard of it.
    """
    for story, template in _each(business, stories):
        wanted = story["becomes"]
        if wanted in {"paused", "disabled", "archived"} and template.status != wanted:
            stage.do("template", id=template.provider_id, status=wanted.upper())
        if wanted == "pending_deletion" and template.status != wanted:
            _delete_in_whatsapp_manager(number.waba, template)
        if "quality" in story and template.quality != story["quality"]:
            stage.do("template", id=template.provider_id, quality=story["quality"].upper())
        if "moves_to" in story and not template.correct_category:
            stage.do("template", id=template.provider_id, category=story["moves_to"], notice=True)
    return _wait(stage, business, number, stories, lambda story: story["becomes"])


def _delete_in_whatsapp_manager(waba, template):
    """Somebody throws a live template away at Meta, behind our back."""
    line = provider_for(waba.provider, credentials_for(waba.access_token))
    line.delete_template(waba.waba_id, name=template.name, template_id=template.provider_id)


def by_name(business):
    """The templates of a business that can be sent, by name and language."""
    with business_scope(business):
        rows = MessageTemplate.objects.filter(business=business, status=TemplateStatus.APPROVED)
        return {(row.name, row.language): row for row in rows.select_related("waba")}


def _rows(business, story):
    return MessageTemplate.objects.filter(business=business, name=story["name"], language=story["language"])


def _each(business, stories):
    with business_scope(business):
        return [
            (story, template)
            for story in stories
            if (template := _rows(business, story).exclude(status=TemplateStatus.DELETED).first())
            and template.provider_id
        ]


def _look(business, number):
    with business_scope(business):
        Waba.objects.filter(pk=number.waba_id).update(next_template_poll_at=now())
    exchange.poll(number.waba_id)


def _wait(stage, business, number, stories, wanted):
    """Webhooks tell; should they be late, a look at Meta does."""
    look = stage.when_impatient(lambda: _look(business, number))

    def settled():
        waiting = [
            story
            for story, template in _each(business, stories)
            if story["becomes"] in DECIDED and template.status not in {wanted(story), story["becomes"]}
        ]
        if waiting:
            look()
        return not waiting

    return lambda: stage.wait(f"Meta's word on the templates of {business}", settled, 20)
