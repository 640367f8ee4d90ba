"""The conversations of Northgate Clinic."""

from contactcenter.demo.acts import Answers, Given, Hands, Noted, Presses, Resolved, Talk, Template, Thumbs, Writes
from contactcenter.demo.people import HARPER, MILES

FIRST = Talk(
    "447700900144",
    "Harper Ellis",
    (
        Writes("18d3m", "Testing our new number"),
        Answers("18d2m", HARPER, "It works. We are live."),
        Resolved("18d1m", HARPER),
    ),
)
"""The first talk with a customer."""

_FORM = "I agree to get appointment messages from Northgate Clinic on WhatsApp."

TALKS = (
    Talk(
        "447700900112",
        "Ruth Calloway",
        (
            Template(
                "6h30m", "appointment_reminder", ("Ruth", "Nurse Adeyemi", "Monday 23 November at 9:20"),
                language="en_GB", key="reminder",
            ),
            Presses("6h2m", "reminder", 0),
            Answers("5h55m", MILES, "Lovely, see you then. Please bring your blue card.", key="card"),
            Resolved("5h54m", MILES),
        ),
        opt_in=("90d", "paper", _FORM),
    ),
    Talk(
        "447700900127",
        "Owen Pritchard",
        (
            Template(
                "6h28m", "appointment_reminder", ("Owen", "Dr Shah", "Monday 23 November at 10:40"),
                language="en_GB", key="reminder",
            ),
            Presses("35m", "reminder", 1),
            Writes("33m", "Could I come on Wednesday instead? Any time after two"),
        ),
        opt_in=("200d", "web_form", _FORM),
    ),
    Talk(
        "447700900133",
        "Dana Whitfield",
        (
            Template("2d6h", "appointment_moved", ("Dana", "Tuesday 24 November at 11:00"), language="en_GB"),
            Writes("2d5h", "That works for me"),
            Answers("2d4h50m", MILES, "Thank you, Dana. It is in the book."),
            Writes("2d4h40m", "Is there parking nearby?"),
        ),
        opt_in=("30d", "web_form", _FORM),
    ),
    Talk(
        "447700900158",
        "Priya Nair",
        (
            Writes("23h30m", "Hello, I have the letter for the physio sessions", key="letter"),
            Answers("23h24m", MILES, "Thanks, Priya. Can you send it here?", reply_to="letter"),
            Given("23h24m", MILES, MILES),
            Hands("23h9m", "letter", "Here it is"),
            Noted("22h50m", HARPER, "Six sessions, first one free with us. Offer Tuesdays; Jo is in then."),
        ),
    ),
    Talk(
        "447700900166",
        "Tom Fairley",
        (
            Writes("3h20m", "Are you open this Saturday?"),
            Answers("3h14m", HARPER, "Yes, from nine until noon. No appointment needed for the nurse."),
            Writes("3h10m", "Brilliant, thanks", key="thanks"),
            Thumbs("3h9m", HARPER, "thanks", "👍"),
            Resolved("3h8m", HARPER),
        ),
    ),
    Talk(
        "34600555021",
        "Lucía Herrero",
        (
            Template("1d7h", "recordatorio_de_cita", ("Lucía", "la doctora Shah", "lunes a las 9:20")),
            Writes("1d6h", "Gracias. ¿Puedo ir con mi hija? Ella traduce mejor que yo"),
            Answers("1d5h40m", MILES, "Claro que sí, Lucía. Os esperamos."),
        ),
        opt_in=("15d", "paper", "Acepto recibir mensajes de Northgate Clinic sobre mis citas."),
    ),
    Talk(
        "447700900175",
        "Grace Okonedo",
        (
            Template(
                "4d3h", "appointment_reminder", ("Grace", "Nurse Adeyemi", "Thursday 19 November at 15:00"),
                language="en_GB",
            ),
            Writes("4d2h", "STOP"),
            Resolved("4d1h", HARPER),
        ),
        opt_in=("120d", "import", _FORM),
    ),
)  # fmt: skip
