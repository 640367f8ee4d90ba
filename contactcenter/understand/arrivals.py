"""Messages that carry a code: of a link that opened the chat, or of an opt-in page that asks to be confirmed."""

from onboarding.services import chat_links, optin_pages


def note_messages(rows):
    """For stored inbound messages. Most carry no code and cost nothing."""
    arrivals = [
        (row.business_id, row.number_id, row.contact_id, row.provider_id, row.at, code)
        for row in rows
        if row.kind == "text" and "#" in row.text
        for code in chat_links.codes_in(row.text)
    ]
    if arrivals:
        chat_links.note_starts(arrivals)
        optin_pages.note_confirmations(arrivals)
