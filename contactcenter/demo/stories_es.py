"""The conversations of Envíos del Valle."""

from contactcenter.demo.acts import (
    Answers,
    Given,
    Hands,
    Noted,
    Presses,
    Resolved,
    Seen,
    Sends,
    Talk,
    Template,
    Thumbs,
    Writes,
)
from contactcenter.demo.people import ANDRES, CAROLINA, LUCIA

FIRST = Talk(
    "573155550118",
    "Carolina Rengifo",
    (
        Writes("18d3m", "Hola, soy Carolina. Prueba del número nuevo."),
        Answers("18d2m", CAROLINA, "Llegó. Ya estamos en servicio."),
        Resolved("18d1m", CAROLINA),
    ),
)
"""The first talk with a customer."""

_WEB = "Acepto recibir de Envíos del Valle avisos de mis pedidos por WhatsApp."

TALKS = (
    Talk(
        "573155550142",
        "Marta Ospina",
        (
            Template("5h10m", "pedido_en_reparto", ("Marta", "CV-48213", "15:00 y las 17:00"), buttons=("CV-48213",)),
            Writes("52m", "Buenas tardes, se me cruzó una cita y no voy a estar", key="away"),
            Answers("49m", LUCIA, "Gracias por avisar, Marta. ¿Pasamos mañana o se lo dejamos a alguien?", "away"),
            Given("49m", LUCIA, LUCIA),
            Sends(
                "21m",
                "location",
                {"latitude": 3.5394, "longitude": -76.3036, "name": "Calle 31 # 28-15", "address": "Palmira, Valle"},
            ),
            Writes("20m", "Se lo pueden entregar a don Efraín, el portero de esta dirección"),
            Noted("12m", ANDRES, "@Lucía si firma el portero, pide su nombre completo y el número de cédula."),
            Writes("6m", "¿Les sirve así?"),
        ),
        opt_in=("33d", "web_form", _WEB),
    ),
    Talk(
        "573155550107",
        "Jairo Benítez",
        (
            Template("1d4h", "entrega_pendiente", ("Jairo", "CV-48107"), key="missed"),
            Presses("1d3h20m", "missed", 0),
            Answers("1d3h10m", LUCIA, "Listo, Jairo: mañana entre las 9 y las 11. Te escribimos al salir."),
            Given("1d3h10m", LUCIA, LUCIA),
            Writes("23h40m", "Perfecto, gracias"),
            Writes("23h22m", "El mensajero no aparece y tengo que salir. ¿Dónde viene?"),
        ),
        opt_in=("26d", "sms_link", _WEB),
    ),
    Talk(
        "573155550126",
        "Paola Giraldo",
        (
            Hands("22h16m", "dent", "Así me llegó la caja del pedido CV-48031"),
            Writes("22h14m", "Adentro hay dos frascos rotos. ¿Qué hago?"),
        ),
    ),
    Talk(
        "573155550131",
        "Comercial Ríos",
        (
            Writes("9d6h", "Buenos días. ¿Me mandan la guía firmada de la entrega del martes?"),
            Answers("9d5h50m", ANDRES, "Con gusto, es esta:", file="waybill", key="done"),
            Sends("9d5h40m", "reaction", {"emoji": "👍"}, to="done"),
            Resolved("9d5h30m", ANDRES),
            Writes("1d5h", "Buenas. ¿También recogen en Yumbo? Somos tres locales"),
            Seen("1d4h50m", ANDRES),
            Given("1d4h50m", ANDRES, ANDRES),
            Answers("1d4h40m", ANDRES, "Sí, de lunes a sábado. Te dejo las tarifas.", file="rates"),
            Writes("52m", "Las vi. ¿A qué hora pasarían el jueves?"),
            Seen("30m", ANDRES),
        ),
    ),
    Talk(
        "573155550155",
        "Ramiro Castaño",
        (
            Writes("4h40m", "Hola, necesito cambiar la dirección del pedido CV-48155", key="change"),
            Answers("4h31m", LUCIA, "Claro, Ramiro. ¿Cuál es la nueva?", reply_to="change"),
            Writes("4h25m", "Carrera 44 # 9C-58, apartamento 301, Cali"),
            Answers("4h18m", LUCIA, "Anotado. El mensajero llega hoy después de las 4.", key="noted"),
            Writes("4h10m", "Mil gracias, qué rapidez", key="thanks"),
            Thumbs("4h8m", LUCIA, "thanks", "🙏"),
            Answers("4h7m", LUCIA, "Con gusto. Cualquier cosa, aquí estamos."),
            Given("4h7m", LUCIA, LUCIA),
        ),
        username="ramiro.castano",
    ),
    Talk(
        "573155550162",
        "Hernán Zapata",
        (
            Writes("2d7h", "Buenas, mi paquete salió de Cali el lunes y no veo movimiento"),
            Answers("2d6h40m", LUCIA, "Hola, Hernán. La vía a Buenaventura estuvo cerrada; sale esta noche."),
            Writes("2d4h", "Entiendo. ¿Me confirman cuando salga?"),
            Writes("2d30m", "Sigo sin noticias"),
        ),
    ),
    Talk(
        "573155550171",
        "Nubia Vélez",
        (
            Writes("4d5h", "¿Me pueden enviar una foto de la entrega? No encuentro la caja"),
            Answers("4d4h48m", ANDRES, "Quedó en la portería, detrás de la puerta de vidrio.", file="parcel"),
            Writes("4d4h30m", "Ya la vi, estaba detrás de la matera. Gracias"),
            Resolved("4d4h28m", ANDRES),
        ),
    ),
    Talk(
        "573155550184",
        "Yolanda Prieto",
        (
            Template("2d9h", "pedido_en_reparto", ("Yolanda", "CV-47985", "9:00 y las 11:00"), buttons=("CV-47985",)),
            Writes("2d8h", "BAJA"),
            Resolved("2d7h30m", LUCIA),
        ),
        opt_in=("40d", "web_form", _WEB),
    ),
    Talk(
        "573155550190",
        "Droguería La 14",
        (Template("3h30m", "recogida_confirmada", ("Droguería La 14", "6 cajas", "martes entre las 8 y las 10")),),
        opt_in=("60d", "paper", _WEB),
        on_whatsapp=False,
    ),
    Talk(
        "573155550163",
        "Ferretería Tamayo",
        (Template("2h5m", "recogida_confirmada", ("Ferretería Tamayo", "14 cajas", "jueves entre las 8 y las 10")),),
        opt_in=("75d", "paper", _WEB),
        reads=False,
    ),
    Talk(
        "573155550138",
        "Camila Arango",
        (
            Writes("9m", "Hola 👋 ¿Llevan muebles pequeños a Tuluá?"),
            Writes("8m", "Es una mesa de noche desarmada, unos 12 kilos"),
        ),
    ),
    Talk(
        "573155550149",
        "Óscar Buitrago",
        (
            Template("7h", "entrega_pendiente", ("Óscar", "CV-48170"), key="missed"),
            Presses("6h35m", "missed", 1),
            Answers("6h20m", LUCIA, "Te espera en la Calle 25 Norte # 6-41 hasta las 6. Lleva tu documento."),
            Resolved("6h19m", LUCIA),
        ),
        opt_in=("20d", "web_form", _WEB),
    ),
    Talk(
        "447700900181",
        "Emily Carter",
        (
            Template("1h45m", "pedido_en_reparto", ("Emily", "CV-48221", "5 and 7 pm"), language="en"),
            Writes("1h20m", "Thank you! Could the courier ring me? The bell doesn't work"),
            Seen("1h5m", LUCIA),
        ),
        opt_in=("12d", "web_form", "I agree to get news about my parcels from Envíos del Valle on WhatsApp."),
    ),
)
