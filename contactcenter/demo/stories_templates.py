"""Templates of both businesses and what becomes of each at Meta."""


def _body(text, *examples):
    return {"type": "BODY", "text": text} | ({"example": {"body_text": [list(examples)]}} if examples else {})


def _header(text):
    return {"type": "HEADER", "format": "TEXT", "text": text}


def _footer(text):
    return {"type": "FOOTER", "text": text}


def _answers(*texts):
    return {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": text} for text in texts]}


def _link(text, url, example):
    return {"type": "BUTTONS", "buttons": [{"type": "URL", "text": text, "url": url, "example": [example]}]}


BAJA = _footer("Para no recibir más avisos, escribe BAJA")
STOP = _footer("Reply STOP to get no more reminders")

ENVIOS = (
    {
        "name": "pedido_en_reparto", "language": "es", "becomes": "approved", "quality": "green",
        "components": [
            _header("Tu pedido está en camino"),
            _body(
                "Hola, {{1}}. Tu pedido {{2}} salió de nuestra bodega y llega hoy entre las {{3}}. "
                "Si no vas a estar, responde a este mensaje y lo dejamos con quien digas.",
                "Marta", "CV-48213", "15:00 y las 17:00",
            ),
            BAJA,
            _link(
                "Seguir el pedido", "https://enviosdelvalle.example/guias/{{1}}",
                "https://enviosdelvalle.example/guias/CV-48213",
            ),
        ],
    },
    {
        "name": "pedido_en_reparto", "language": "en", "becomes": "approved",
        "components": [
            _header("Your parcel is on its way"),
            _body(
                "Hello {{1}}, your parcel {{2}} left our warehouse and arrives today between {{3}}. "
                "If you won't be in, answer this message and we leave it with somebody you name.",
                "Marta", "CV-48213", "3 and 5 pm",
            ),
        ],
    },
    {
        "name": "entrega_pendiente", "language": "es", "becomes": "approved", "quality": "yellow",
        "components": [
            _body(
                "Hola, {{1}}. Pasamos hoy con tu pedido {{2}} y no encontramos a nadie en la dirección. "
                "¿Cuándo volvemos? Elige una opción y te confirmamos la hora.",
                "Jairo", "CV-48107",
            ),
            _answers("Mañana", "Lo recojo en bodega"),
        ],
    },
    {
        "name": "recogida_confirmada", "language": "es", "becomes": "approved",
        "components": [
            _body(
                "Hola, {{1}}. Recogemos {{2}} en tu local el {{3}}. Ten las cajas cerradas y con la guía pegada.",
                "Ferretería Tamayo", "14 cajas", "jueves entre las 8 y las 10",
            ),
        ],
    },
    {
        "name": "caso_resuelto", "language": "es", "becomes": "approved", "moves_to": "MARKETING",
        "components": [
            _body(
                "Hola, {{1}}. Tu reclamo {{2}} quedó resuelto: {{3}}. Si algo no está bien, responde aquí y lo abrimos "
                "de nuevo.",
                "Paola", "R-318", "te devolvimos el valor del envío",
            ),
        ],
    },
    {
        "name": "cambio_de_tarifa", "language": "es", "becomes": "pending",
        "components": [
            _body(
                "Hola, {{1}}. Desde el {{2}} la tarifa de tu ruta {{3}} cambia como acordamos en tu contrato. "
                "Responde si quieres hablarlo con tu asesor.",
                "Comercial Ríos", "1 de diciembre", "Cali a Buenaventura",
            ),
        ],
    },
    {
        "name": "confirmar_direccion", "language": "es", "becomes": "rejected", "reason": "TAG_CONTENT_MISMATCH",
        "components": [
            _body(
                "Hola, {{1}}. Para entregar tu pedido {{2}} nos falta el número de tu casa. "
                "Respóndenos con la dirección completa.",
                "Ramiro", "CV-48155",
            ),
        ],
    },
    {
        "name": "encuesta_de_entrega", "language": "es", "becomes": "paused", "quality": "red",
        "components": [
            _body(
                "Hola, {{1}}. Entregamos tu pedido {{2}} esta mañana. ¿Llegó bien? Tu respuesta nos ayuda a corregir "
                "lo que falla en esa ruta.",
                "Nubia", "CV-47990",
            ),
            _answers("Llegó bien", "Hubo un problema"),
        ],
    },
    {
        "name": "aviso_de_demora", "language": "es", "becomes": "disabled",
        "components": [
            _body(
                "Hola, {{1}}. La vía a {{2}} está cerrada y tu pedido {{3}} se demora. Te escribimos cuando salga.",
                "Hernán", "Buenaventura", "CV-47802",
            ),
        ],
    },
    {
        "name": "aviso_festivos", "language": "es", "becomes": "archived",
        "components": [
            _body(
                "Hola, {{1}}. El {{2}} no hay reparto. Tu pedido {{3}} llega el día siguiente.",
                "Marta", "lunes festivo", "CV-46110",
            ),
        ],
    },
    {
        "name": "factura_mensual", "language": "es", "becomes": "draft",
        "components": [
            _body(
                "{{1}}, tu factura {{2}} de noviembre está lista. Son {{3}} y vence el {{4}}.",
                "Comercial Ríos", "F-2041", "$184.500", "5 de diciembre",
            ),
        ],
    },
    {
        # Our check warns that it has few words for its variables; Meta's form check refuses it.
        "name": "aviso_corto", "language": "es", "becomes": "refused",
        "components": [_body("Pedido {{1}} guía {{2}} entregado.", "CV-47310", "8812")],
    },
    {
        "name": "retiro_en_oficina", "language": "es", "becomes": "pending_deletion",
        "components": [
            _body(
                "Hola, {{1}}. Tu pedido {{2}} te espera en nuestra oficina de la {{3}} hasta el viernes.",
                "Ramiro", "CV-47511", "Calle 25 Norte",
            ),
        ],
    },
)  # fmt: skip
NORTHGATE = (
    {
        "name": "appointment_reminder", "language": "en_GB", "becomes": "approved", "quality": "green",
        "components": [
            _body(
                "Hello {{1}}, this is a reminder of your appointment with {{2}} on {{3}} at our Quay Row clinic. "
                "Can you make it?",
                "Ruth", "Nurse Adeyemi", "Monday 23 November at 9:20",
            ),
            STOP,
            _answers("I'll be there", "I need another time"),
        ],
    },
    {
        "name": "appointment_moved", "language": "en_GB", "becomes": "approved",
        "components": [
            _body(
                "Hello {{1}}, we had to move your appointment to {{2}}. We are sorry for the change. "
                "Answer here if that doesn't suit you.",
                "Ruth", "Tuesday 24 November at 11:00",
            ),
        ],
    },
    {
        "name": "recordatorio_de_cita", "language": "es", "becomes": "approved",
        "components": [
            _body(
                "Hola, {{1}}. Te recordamos tu cita con {{2}} el {{3}}. Si no puedes venir, responde a este mensaje.",
                "Lucía", "la doctora Shah", "lunes a las 9:20",
            ),
        ],
    },
    {
        "name": "prescription_ready", "language": "en_GB", "becomes": "pending",
        "components": [
            _body(
                "Hello {{1}}, the repeat form you asked for on {{2}} is ready at our front desk until six.",
                "Owen", "Friday",
            ),
        ],
    },
    {
        "name": "winter_check", "language": "en_GB", "becomes": "rejected", "reason": "INCORRECT_CATEGORY",
        "components": [
            _body(
                "Hello {{1}}, your yearly check is due in {{2}}. Call the front desk to choose a day.",
                "Owen", "December",
            ),
        ],
    },
    {
        "name": "clinic_closed", "language": "en_GB", "becomes": "paused",
        "components": [
            _body(
                "Hello {{1}}, the clinic is closed on {{2}}. Your appointment stays as it is unless we call you.",
                "Dana", "Thursday afternoon",
            ),
        ],
    },
    {
        "name": "visit_summary", "language": "en_GB", "becomes": "draft",
        "components": [
            _body("Hello {{1}}, thank you for coming in on {{2}}. Your next visit is in {{3}}.", "Dana", "May", "June"),
        ],
    },
)  # fmt: skip
