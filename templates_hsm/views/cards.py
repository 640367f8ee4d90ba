"""The cards of a carousel in the builder: their rows on the page, and the buttons that change them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from templates_hsm import editor_cards, presenting
from templates_hsm.editor_cards import CARD_BUTTONS, CARD_MEDIA, FEWEST_CARDS, MOST_CARDS
from templates_hsm.models import TemplateMedia
from templates_hsm.services import header_media

VERBS = {"card-add", "card-remove", "card-up", "card-down", "card-button", "card-unbutton", "card-variable"}


def with_card_upload(request, editor, index):
    """The form with the uploaded file on the card at ``index``, and a sentence when that was not possible."""
    if not takes_file(editor, index):
        return editor, _("There is no such card any more.")
    upload = request.FILES[f"card-file-{index}"]
    try:
        found = header_media.examine(upload)
        if found.kind not in CARD_MEDIA:
            return editor, _("A card starts with a picture or a video. Choose one.")
        media = header_media.keep(request.business, upload, actor=request.user)
    except ValidationError as exc:
        return editor, " ".join(exc.messages)
    handle = header_media.handle_of(media)
    return editor.with_cards(editor_cards.card_changed(editor.cards, index, kind=media.kind, handle=handle)), ""


def takes_file(editor, index):
    """Whether there is a card at ``index`` that starts with a file."""
    return 0 <= index < len(editor.cards) and editor.cards[index].is_file


def acted(editor, verb, rest):
    """``(form, focus)`` after one of the buttons of ``VERBS``: what it changed, and the id that the eye follows to."""
    cards = editor.cards
    index = int(rest) if rest.isdecimal() and len(rest) < 4 else -1
    focus = ""
    if verb == "card-add":
        cards = editor_cards.card_added(cards)
        focus = f"field-card-{len(cards) - 1}"
    elif verb == "card-remove":
        cards = editor_cards.card_removed(cards, index)
        focus = f"field-card-{min(index, len(cards) - 1)}"
    elif verb in {"card-up", "card-down"}:
        target = index + (1 if verb == "card-down" else -1)
        cards = editor_cards.card_moved(cards, index, target)
        at_the_end = target == (len(cards) - 1 if verb == "card-down" else 0)
        other = {"card-up": "card-down", "card-down": "card-up"}[verb]
        focus = f"{other if at_the_end else verb}-{target}"
    elif verb == "card-button":
        cards = editor_cards.button_on_all(cards, rest)
        if not any(editor_cards.may_have(card, kind) for card in cards for kind in CARD_BUTTONS):
            focus = "card-buttons"  # the button that was pressed is gone
    elif verb == "card-unbutton":
        cards = editor_cards.button_off_all(cards, index)
        focus = "card-buttons"
    elif verb == "card-variable":
        cards = editor_cards.with_card_variable(cards, index, editor.body)
    return editor.with_cards(cards), focus


def card_rows(editor, files, slots, problem=(-1, "")):
    """What the form shows of each card: its file, text and buttons, what is said of them; ``problem`` is of the last
    upload."""
    kinds = TemplateMedia.Kind
    return [
        {
            "index": index,
            "number": index + 1,
            "prefix": f"card-{index}-",
            "card": card,
            "kind": kinds(card.kind).label if card.is_file else presenting.part_word(card.kind),
            "is_video": card.kind == kinds.VIDEO,
            "file": files.get(card.handle),
            "items": slots.get(f"card-{index}", []),
            "body_items": slots.get(f"card-{index}-body", []),
            "sample_items": slots.get(f"card-{index}-body_examples", []),
            "problem": problem[1] if problem[0] == index else "",
            "last": index == len(editor.cards) - 1,
            "buttons": [
                {
                    "row": row,
                    "index": number,
                    "prefix": f"card-{index}-button-{number}",
                    "slot": f"card-{index}-button-{number}",
                    "word": presenting.button_word(row.kind),
                    "items": slots.get(f"card-{index}-button-{number}", []),
                }
                for number, row in enumerate(card.buttons)
            ],
        }
        for index, card in enumerate(editor.cards)
    ]


def shared_of(editor):
    """What all cards have in common and how much room is left: for the head of the section."""
    cards = editor.cards
    first = cards[0].buttons if cards else ()
    return {
        "total": len(cards),
        "most": MOST_CARDS,
        "may_add": len(cards) < MOST_CARDS,
        "may_remove": len(cards) > FEWEST_CARDS,
        "buttons": [
            {"index": number, "number": number + 1, "word": presenting.button_word(row.kind)}
            for number, row in enumerate(first)
        ],
        "may_unbutton": any(len(card.buttons) > 1 for card in cards),
        "kinds": [kind for kind in CARD_BUTTONS if any(editor_cards.may_have(card, kind) for card in cards)],
    }
