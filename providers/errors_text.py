"""What the provider's errors mean for the person in front of the screen, and what they can do about it.

Meta: "Error codes" (2025-12-12, 2026-05-15), "Registration" (2026-06), template subcodes as seen in answers. The texts
are ours. A subcode is more precise than its code, so it is looked up first.
"""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from providers.base import ProviderError
from providers.errors_activation import ACTIVATION
from providers.explanation import Explanation


def explain(code: int | None, subcode: int | None = None, details: str = "") -> Explanation:
    """The explanation of an error; one that nobody has described yet quotes its code and the provider's words."""
    for number in (subcode, code):
        if number is not None and number in EXPLANATIONS:
            return EXPLANATIONS[number]
    if code is not None and 200 <= code <= 299:
        return EXPLANATIONS[10]
    if code is not None and 80000 <= code <= 80014:
        return EXPLANATIONS[80007]
    if code is None:
        return NO_ANSWER
    quoted = f"{code}/{subcode}" if subcode is not None else str(code)
    if details:
        advice = format_lazy(_("WhatsApp says: {details} Ask support and quote the code."), details=details)
    else:
        advice = _("Try again in a few minutes. If it happens again, ask support and quote the code.")
    return Explanation(format_lazy(_("WhatsApp answered with error {code}"), code=quoted), advice, is_known=False)


def explain_error(error: ProviderError) -> Explanation:
    """The explanation of an exception of ``providers.base``."""
    return explain(error.code, error.subcode, error.details)


NO_ANSWER = Explanation(
    _("WhatsApp didn't answer"),
    _("Nothing is lost. We try again by ourselves; look again in a few minutes."),
)

_TOKEN = Explanation(
    _("WhatsApp no longer accepts our access"),
    _("An administrator connects the WhatsApp account again in the settings. Nothing is sent until then."),
)
_PERMISSION = Explanation(
    _("We lack a permission"),
    _("An administrator connects the WhatsApp account again and keeps all permissions ticked."),
)
_BUSY = Explanation(
    _("Too many requests at once"),
    _("We wait and try again by ourselves. You don't need to do anything."),
)
_TROUBLE = Explanation(
    _("WhatsApp has a problem of its own"),
    _("We try again by ourselves. If it lasts longer than an hour, look at Meta's status page."),
)
_INVALID = Explanation(
    _("WhatsApp didn't accept a value"),
    _("Compare what you entered with the hints beside the fields, correct it and send it again."),
)
_PIN_WAIT = Explanation(
    _("Too many attempts with the PIN"),
    _("Wait until the time that WhatsApp names has passed, then enter the right PIN."),
)

EXPLANATIONS: dict[int, Explanation] = ACTIVATION | {
    # Access and integrity
    0: _TOKEN,
    190: _TOKEN,
    104: _TOKEN,
    3: _PERMISSION,
    10: _PERMISSION,
    131005: _PERMISSION,
    368: Explanation(
        _("WhatsApp has restricted this account"),
        _("It broke a policy. Open Business Support in Meta Business Suite to see which one and to appeal."),
    ),
    130497: Explanation(
        _("This account may not write to people in that country"),
        _("Your line of business isn't allowed there. Remove people of that country from the list."),
    ),
    131031: Explanation(
        _("WhatsApp has locked this account"),
        _("Open Business Support in Meta Business Suite and ask for a review. If you just entered a PIN, check it."),
    ),
    # Limits
    1: _TROUBLE,
    2: _TROUBLE,
    131000: _TROUBLE,
    131016: _TROUBLE,
    133004: _TROUBLE,
    4: _BUSY,
    17: _BUSY,
    80007: _BUSY,
    80008: _BUSY,
    130429: _BUSY,
    613: Explanation(
        _("Too many codes were asked for"),
        _("Wait about 12 hours before you ask for another code, then use the newest one only."),
    ),
    131048: Explanation(
        _("Too many people blocked or reported this number"),
        _("Stop campaigns from this number. Write only to people who agreed, and wait until its quality recovers."),
    ),
    131056: Explanation(
        _("Too many messages to the same person"),
        _("We wait a little and send the rest by ourselves."),
    ),
    131064: Explanation(
        _("Sending is limited because templates were in the wrong category"),
        _("Move promotional texts to marketing templates. The limit ends by itself on the date Meta gave."),
    ),
    133016: Explanation(
        _("This number was connected or disconnected too often"),
        _("WhatsApp allows ten times in 72 hours. Wait 72 hours, then connect it again."),
    ),
    # Sending
    33: Explanation(
        _("WhatsApp doesn't know this number any more"),
        _("It was deleted or moved. An administrator checks it in WhatsApp Manager and connects it again."),
    ),
    803: Explanation(
        _("WhatsApp doesn't find this"),
        _("It was deleted, or we may not see it. Check the account in WhatsApp Manager."),
    ),
    100: _INVALID,
    131008: _INVALID,
    131009: Explanation(
        _("WhatsApp didn't accept a value"),
        _("Check the message. A reaction works only for messages of the last 30 days."),
    ),
    135000: _INVALID,
    130403: Explanation(
        _("This person is blocked"),
        _("Your business blocked them. Unblock the person, then send again."),
    ),
    130472: Explanation(
        _("WhatsApp didn't deliver this marketing message"),
        _("The person is part of an experiment of WhatsApp. Don't send it again; answer when they write."),
    ),
    131021: Explanation(
        _("A number can't write to itself"),
        _("Choose another recipient."),
    ),
    131026: Explanation(
        _("The message can't be delivered"),
        _("The person may not use WhatsApp, may have an old version or hasn't accepted its terms. Use another way."),
    ),
    131030: Explanation(
        _("This recipient isn't on the test list"),
        _("A test number writes only to people on its list. Add the person in the App Dashboard."),
    ),
    131037: Explanation(
        _("The display name isn't approved yet"),
        _("Numbers of this kind can't send before that. Wait for the review or propose another name."),
    ),
    131042: Explanation(
        _("There is a problem with the payment"),
        _("An administrator checks the payment method of the account in WhatsApp Manager. Sending stops until then."),
    ),
    131045: Explanation(
        _("The number isn't connected properly"),
        _("An administrator connects the number again in its settings."),
    ),
    131047: Explanation(
        _("The 24-hour window is closed"),
        _("The person last wrote more than 24 hours ago. Send an approved template."),
    ),
    131049: Explanation(
        _("WhatsApp held this marketing message back"),
        _("The person got enough marketing for now. Wait at least a day, and don't send to numbers in the USA."),
    ),
    131050: Explanation(
        _("This person stopped marketing messages"),
        _("Don't send them marketing. You can answer when they write."),
    ),
    131051: Explanation(
        _("WhatsApp doesn't support this kind of message"),
        _("Send it as text or as a file."),
    ),
    131052: Explanation(
        _("The file couldn't be fetched"),
        _("Ask the person to send it again, or attach the file itself instead of a link."),
    ),
    131053: Explanation(
        _("The file wasn't accepted"),
        _("Check its type and size: images up to 5 MB, audio and video 16 MB, documents 100 MB."),
    ),
    131055: Explanation(
        _("Only marketing templates can be sent this way"),
        _("Choose a marketing template."),
    ),
    131057: Explanation(
        _("WhatsApp is changing something on this number"),
        _("It takes some minutes. We try again by ourselves."),
    ),
    131062: Explanation(
        _("This template needs a phone number"),
        _("Codes can't be sent to a person whose number is hidden. Ask for the number first."),
    ),
    131063: Explanation(
        _("Marketing messages are switched off for this account"),
        _("An administrator changes it in WhatsApp Manager."),
    ),
    134011: Explanation(
        _("The terms of WhatsApp Pay aren't accepted"),
        _("An administrator accepts them in WhatsApp Manager."),
    ),
    137000: Explanation(
        _("The person's phone has changed"),
        _("Make sure that you still write to the same person, confirm the change, then send again."),
    ),
    132000: Explanation(
        _("The number of variables is wrong"),
        _("Fill in every variable of the template, no more and no less."),
    ),
    132001: Explanation(
        _("There is no such template in this language"),
        _("Choose a language in which the template is approved. A fresh approval needs a few minutes."),
    ),
    132005: Explanation(
        _("The text is too long once it is filled in"),
        _("Shorten what you put into the variables."),
    ),
    132007: Explanation(
        _("The text breaks a rule of WhatsApp"),
        _("Rewrite it without the forbidden content."),
    ),
    132012: Explanation(
        _("A variable has the wrong format"),
        _("Compare each value with the sample of the template."),
    ),
    132015: Explanation(
        _("WhatsApp has paused this template"),
        _("People disliked it. Use another template, or wait until the pause is over and improve the text."),
    ),
    132016: Explanation(
        _("WhatsApp has switched this template off"),
        _("It was paused too often. Write a new template."),
    ),
    132018: Explanation(
        _("A variable holds something that isn't allowed"),
        _("Remove line breaks, tabs and more than four spaces in a row."),
    ),
    132068: Explanation(_("The form in this message is blocked"), _("Repair the form in WhatsApp Manager.")),
    132069: Explanation(_("The form in this message is limited"), _("Wait an hour, then send again.")),
    # Registration
    133000: Explanation(
        _("The number is still being disconnected"),
        _("Disconnect it once more, then connect it."),
    ),
    133005: Explanation(
        _("The PIN is wrong"),
        _("Enter the two-step PIN that was set for this number, or reset it in WhatsApp Manager."),
    ),
    133006: Explanation(
        _("The number has to be verified first"),
        _("Ask for a code by SMS or call and enter it."),
    ),
    133008: _PIN_WAIT,
    133009: _PIN_WAIT,
    133010: Explanation(
        _("The number isn't connected to WhatsApp"),
        _("Connect it in the settings of the number."),
    ),
    133015: Explanation(
        _("The number was deleted a moment ago"),
        _("Wait five minutes, then connect it again."),
    ),
    136024: Explanation(
        _("This number is verified already"),
        _("No code is needed. Go on with connecting the number."),
    ),
    136025: Explanation(
        _("The code wasn't accepted"),
        _("Enter the six digits of the newest code, or ask for another one."),
    ),
    2388001: Explanation(
        _("The number still belongs to another account"),
        _("Switch two-step verification off there, or confirm that the number is yours."),
    ),
    2388012: Explanation(
        _("This number is in your account already"),
        _("Choose it from the list of your numbers."),
    ),
    2388091: Explanation(
        _("This number can't get a code this way"),
        _("Start again and add the number as a new one."),
    ),
    2388093: Explanation(
        _("This number can't be verified this way"),
        _("Start again and add the number as a new one."),
    ),
    2388103: Explanation(
        _("The number can't be moved"),
        _("Check that its name is approved, two-step verification is off and both accounts have a way to pay."),
    ),
    2494100: Explanation(
        _("The number is in maintenance"),
        _("Wait a few minutes. We try again by ourselves."),
    ),
    2593107: Explanation(
        _("The contacts and chats were asked for before"),
        _("Disconnect the WhatsApp Business app and connect it again."),
    ),
    2593108: Explanation(
        _("The time for copying contacts and chats is over"),
        _("Disconnect the WhatsApp Business app and connect it again within a day."),
    ),
    2593109: Explanation(
        _("Old chats aren't shared"),
        _("The owner of the WhatsApp Business app chose not to share them. New messages still arrive."),
    ),
    # Blocking
    139100: Explanation(
        _("Some people couldn't be blocked"),
        _("Only people who wrote within the last 24 hours can be blocked."),
    ),
    139101: Explanation(_("The list of blocked people is full"), _("Unblock people you no longer need to block.")),
    # Templates
    2388019: Explanation(
        _("The account has as many templates as it may have"),
        _("Delete templates that you don't use. A verified business may have more."),
    ),
    2388023: Explanation(
        _("A template of this name and language is being deleted"),
        _("Use another name, or wait until four weeks after the deletion."),
    ),
    2388024: Explanation(
        _("This name and language exist already"),
        _("Use another name or add another language."),
    ),
    2388027: Explanation(_("There is no catalog"), _("Connect a catalog to the account, then hand the template in.")),
    2388039: Explanation(
        _("This template can't be changed now"),
        _("Only approved, rejected and paused templates can; an approved one once a day and ten times a month."),
    ),
    2388040: Explanation(_("A part of the template is too long"), _("Shorten the part to the limit beside it.")),
    2388043: Explanation(_("A sample is missing"), _("Give a sample for every variable and for the header file.")),
    2388044: Explanation(_("A part of the template has a wrong field"), _("Open the builder and save it again.")),
    2388047: Explanation(
        _("The header isn't accepted"),
        _("Use up to 60 characters and one variable, without line breaks, emoji or asterisks."),
    ),
    2388072: Explanation(
        _("The text isn't accepted"),
        _("Number the variables from 1 without gaps, and use no tabs and no more than two line breaks in a row."),
    ),
    2388073: Explanation(
        _("The footer isn't accepted"),
        _("Use up to 60 characters without variables, line breaks or emoji."),
    ),
    2388185: Explanation(
        _("This account may not have authentication templates yet"),
        _("Meta allows them once the business is verified. Ask Meta's support if it is."),
    ),
    2388293: Explanation(
        _("Too many variables for so little text"),
        _("Add words around the variables or use fewer variables."),
    ),
    2388299: Explanation(
        _("The text starts or ends with a variable"),
        _("Put a word or a full stop before the first and after the last variable."),
    ),
    2388318: Explanation(_("WhatsApp made this template"), _("It can't be changed. Write one of your own.")),
    2388330: Explanation(_("WhatsApp made this template"), _("It can't be deleted; it goes when it isn't used.")),
}
