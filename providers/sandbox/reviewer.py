"""The background reviewer: names, templates, accounts, portfolios and badges, each with a mood and a delay.

Moods: ``approve`` all, by the ``rules``, ``refuse`` all, ``slow`` (by the rules, a day later), ``hold`` (a person
decides in the control panel). Delays run on the installation's clock, so that moving it ends them.
"""

import json

from . import accounts, payloads, present, review_rules

NAME_REASONS = (
    "NAME_FORMAT_UNACCEPTABLE",
    "NAME_NOT_CONSISTENT",
    "NAME_ENDCLIENT_NOTRELATED",
    "NAME_EMPLOYEE_ISSUE",
    "NAME_INDIVIDUAL_ISSUE",
    "UNKNOWN",
)
TEMPLATE_REASONS = (
    "INVALID_FORMAT",
    "INCORRECT_CATEGORY",
    "TAG_CONTENT_MISMATCH",
    "PROMOTIONAL",
    "ABUSIVE_CONTENT",
    "SCAM",
)


class Reviewer:
    """``ask`` files a review, ``look`` decides what is due, ``decide`` is a person's word."""

    def __init__(self, store, options, hooks):
        self.store, self.options, self.hooks = store, options, hooks
        self.box = None

    def ask(self, kind, subject):
        """File a review; an older open one of the same subject is dropped."""
        self.store.run("DELETE FROM review WHERE kind = ? AND subject = ? AND decision IS NULL", kind, subject)
        mood = self.options[f"mood_{kind}"]
        delay = self.options["slow_delay"] if mood == "slow" else self.options[f"delay_{kind}"]
        due = None if mood == "hold" else present.now() + delay
        return self.store.insert("review", kind=kind, subject=subject, due_at=due, created_at=present.now())

    def pending(self):
        """Open reviews with a readable subject, oldest first."""
        rows = self.store.all("SELECT * FROM review WHERE decision IS NULL ORDER BY id")
        for row in rows:
            row["what"] = self._describe(row["kind"], row["subject"])
            row["reasons"] = {"names": NAME_REASONS, "templates": TEMPLATE_REASONS}.get(row["kind"], ())
        return rows

    def _describe(self, kind, subject):
        if kind == "templates":
            row = self.store.get("template", subject)
            return f"{row['name']} ({row['language']}, {row['category']})" if row else subject
        if kind in ("names", "badges"):
            row = self.store.get("number", subject)
            return f"{row['new_display_name'] or row['verified_name']} (+{row['digits']})" if row else subject
        row = self.store.get("waba" if kind == "accounts" else "business", subject)
        return f"{row['name']} ({subject})" if row else subject

    def look(self):
        """Decide every review that is due; how many were."""
        rows = self.store.all(
            "SELECT * FROM review WHERE decision IS NULL AND due_at <= ? ORDER BY due_at LIMIT 50",
            present.now(),
        )
        for row in rows:
            mood = self.options[f"mood_{row['kind']}"]
            if mood == "hold":
                self.store.update("review", row["id"], due_at=None)
                continue
            self._settle(row, {"approve": True, "refuse": False}.get(mood), None, "reviewer")
        return len(rows)

    def decide(self, review_id, approve, reason=None):
        """A person's decision; raises ``LookupError`` when the review is no longer open."""
        row = self.store.one("SELECT * FROM review WHERE id = ? AND decision IS NULL", review_id)
        if row is None:
            raise LookupError("This review has already been decided.")
        self._settle(row, approve, reason or None, "person")

    def find(self, kind, subject):
        return self.store.one("SELECT * FROM review WHERE kind = ? AND subject = ? AND decision IS NULL", kind, subject)

    def _settle(self, row, approve, reason, by):
        """``approve`` ``None`` leaves the verdict to the rules."""
        decide = getattr(self, f"_decide_{row['kind']}")
        decision, said = decide(row["subject"], approve, reason)
        self.store.update("review", row["id"], decision=decision, reason=said, decided_at=present.now(), decided_by=by)

    def _decide_names(self, number_id, approve, reason):
        number = self.store.get("number", number_id)
        if number is None:
            return "gone", None
        changing = number["new_name_status"] == "PENDING_REVIEW"
        name = number["new_display_name"] if changing else number["verified_name"]
        if approve is None:
            reason = review_rules.judge_name(name)
            approve = reason is None
        status = "APPROVED" if approve else "DECLINED"
        if approve:
            reason = None
        else:
            reason = reason or "NAME_NOT_CONSISTENT"
        column = "new_name_status" if changing else "name_status"
        self.store.update("number", number_id, **{column: status, "name_decided_at": present.now()})
        value = {
            "display_phone_number": number["digits"],
            "decision": "APPROVED" if approve else "REJECTED",
            "requested_verified_name": name,
            "rejection_reason": reason,
        }
        waba = self.store.get("waba", number["waba_id"])
        self.hooks.say(waba, {"field": "phone_number_name_update", "value": value})
        return status, reason

    def _decide_templates(self, template_id, approve, reason):
        template = self.store.get("template", template_id)
        if template is None or template["status"] != "PENDING":
            return "gone", None
        components = json.loads(template["components"])
        category, info = template["category"], None
        if approve is None:
            status, reason, category, info = review_rules.judge_template(
                template, components, self._has_twin(template, components)
            )
        else:
            status = "APPROVED" if approve else "REJECTED"
            reason = "NONE" if approve else (reason or "INVALID_FORMAT")
            if reason == "INVALID_FORMAT":
                info = {
                    "reason": "The reviewer refused the format of this template.",
                    "recommendation": "Check variables, examples and layout, then submit it again.",
                }
        changes = {"status": status, "rejected_reason": reason, "changed_at": present.now()}
        if category != template["category"]:
            changes |= {"category": category, "previous_category": template["category"]}
        self.store.update("template", template_id, **changes)
        waba = self.store.get("waba", template["waba_id"])
        now = self.store.get("template", template_id)
        if category != template["category"]:
            change = payloads.template_category(now, previous_category=template["category"], new_category=category)
            self.hooks.say(waba, change)
        more = {"rejection_info": info} if info and status == "REJECTED" else {}
        self.hooks.say(waba, payloads.template_status(now, status, reason, **more))
        return status, reason

    def _has_twin(self, template, components):
        def essence(parts):
            return [part.get("text") for kind in ("BODY", "FOOTER") for part in parts if part.get("type") == kind]

        rows = self.store.all(
            "SELECT components FROM template WHERE waba_id = ? AND id != ? AND name != ? AND language = ? "
            "AND status IN ('APPROVED', 'PENDING', 'PAUSED') AND deleted_at IS NULL",
            template["waba_id"],
            template["id"],
            template["name"],
            template["language"],
        )
        mine = essence(components)
        return any(essence(json.loads(row["components"])) == mine for row in rows)

    def _decide_accounts(self, waba_id, approve, reason):
        decision = "REJECTED" if approve is False else "APPROVED"
        accounts.decide_account(self.box, waba_id, decision)
        return decision, reason

    def _decide_businesses(self, business_id, approve, reason):
        status = "rejected" if approve is False else "verified"
        accounts.verify_business(self.box, business_id, status)
        return status, reason

    def _decide_badges(self, number_id, approve, reason):
        number = self.store.get("number", number_id)
        approve = approve is True
        self.store.update(
            "number",
            number_id,
            oba_status="APPROVED" if approve else "REJECTED",
            oba_decided_at=present.now(),
        )
        kind = "OBA_APPROVED" if approve else "OBA_REJECTED"
        said = "approved" if approve else "not approved"
        alert = {
            "alert_severity": "INFORMATIONAL",
            "alert_status": "NONE",
            "alert_type": kind,
            "alert_description": f"The official business account request for +{number['digits']} was {said}.",
        }
        value = {"entity_type": "PHONE_NUMBER", "entity_id": number_id, "alert_info": alert}
        self.hooks.say(self.store.get("waba", number["waba_id"]), {"field": "account_alerts", "value": value})
        return kind, reason
