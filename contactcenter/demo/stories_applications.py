"""The companies that apply. ``company`` names the invented company whose facts and website are used."""

ENVIOS = {
    "company": "envios-del-valle",
    "activity": "Recogemos paquetes en Cali y los entregamos en el Valle del Cauca. Avisamos cuándo llega cada entrega "
    "y respondemos preguntas sobre los envíos.",
    "sector": "TRAVEL",
    "recipients": ["CO"],
    "facebook_business_id": "506914307656634",
    "contact": ("Carolina Rengifo", "carolina@enviosdelvalle.example", "+573155550118"),
}
NORTHGATE = {
    "company": "northgate-clinic",
    "activity": "A walk-in clinic in Bristol. We remind patients of their appointments, tell them when a time has to "
    "move and answer questions about opening hours.",
    "sector": "HEALTH",
    "recipients": ["GB"],
    "facebook_business_id": "718203344120957",
    "contact": ("Harper Ellis", "harper@northgate.example", "+447700900144"),
}
DRAFT = {
    "company": "floreria-jacaranda",
    "activity": "Florería con reparto propio en la Ciudad de México. Avisamos cuando el ramo sale y cuando llega.",
    "sector": "RETAIL",
    "recipients": ["MX"],
    "facebook_business_id": "330915284461207",
    "contact": ("Ximena Lara", "ximena@floresjacaranda.example", "+525555550143"),
}
SUBMITTED = {
    "company": "ferreteria-tamayo",
    "activity": "Ferretería de barrio: herramientas, pinturas y materiales. Avisamos cuando un pedido está listo para "
    "recoger.",
    "sector": "RETAIL",
    "recipients": ["CO"],
    "facebook_business_id": "402817365509142",
    "contact": ("Gildardo Tamayo", "gildardo@ferreteriatamayo.example", "+573155550163"),
}
NEEDS_REVIEW = {
    "company": "laboratorio-aurora",
    "activity": "Laboratorio clínico: tomamos muestras y hacemos exámenes de sangre. Avisamos cuando los resultados "
    "están listos y también atendemos consultas médicas por videollamada.",
    "sector": "HEALTH",
    "recipients": ["CL"],
    "facebook_business_id": "615520093718246",
    "contact": ("Isidora Muñoz", "isidora@laboratorioaurora.example", "+56225550143"),
}
CONTESTED = {
    "company": "botica-san-telmo",
    "activity": "Botica de barrio: perfumería, pañales y cuidado personal. Por WhatsApp solo avisamos cuando un "
    "encargo se puede retirar en el local.",
    "sector": "BEAUTY",
    "recipients": ["AR"],
    "facebook_business_id": "284461093375520",
    "contact": ("Nicolás Ferrante", "nicolas@santelmosalud.example", "+541145550143"),
    "contest": "Por WhatsApp no vendemos ni ofrecemos medicamentos: escribimos solo para decir que un encargo de "
    "perfumería llegó. Los remedios se piden en el mostrador, con farmacéutico.",
}
CHANGES = {
    "company": "optica-mirador",
    "activity": "Óptica con taller propio: exámenes de la vista, monturas y lentes. Avisamos cuando los lentes están "
    "listos.",
    "sector": "RETAIL",
    "recipients": ["PE"],
    "facebook_business_id": "190447825563018",
    "address": "Jr. de la Unión 525",
    "display_name": "Mirador",
    "code_method": "SMS",
    "contact": ("Rocío Salas", "rocio@opticamirador.example", "+51987555015"),
    "notes": {
        "address": "En la ficha RUC figura el número 552, no el 525. Meta compara ambos textos letra por letra.",
        "display_name": "En tu web se lee «Óptica Mirador». Con «Mirador» solo, WhatsApp suele rechazar el nombre.",
    },
}
WAITS_FOR_VERIFICATION = {
    "company": "mudancas-ipe",
    "activity": "Mudanças residenciais e guarda-móveis. Confirmamos a data da mudança e avisamos quando o caminhão "
    "está a caminho.",
    "sector": "PROF_SERVICES",
    "recipients": ["BR"],
    "facebook_business_id": "771035528840111",
    "contact": ("Débora Nakamura", "debora@mudancasipe.example", "+5511955550143"),
}
WAITS_FOR_ACTIVATION = {
    "company": "hostal-la-azotea",
    "activity": "Hostal de doce habitaciones en Sevilla. Confirmamos reservas y mandamos la hora de entrada.",
    "sector": "HOTEL",
    "recipients": ["ES", "FR"],
    "facebook_business_id": "845501927736104",
    "contact": ("Rafael Montes", "rafael@hostallaazotea.example", "+34600555015"),
}
REJECTED = {
    "company": "suerte-express",
    "activity": "Apuestas deportivas y casino en línea. Enviamos bonos y resultados a nuestros jugadores.",
    "sector": "ONLINE_GAMBLING",
    "recipients": ["CO"],
    "facebook_business_id": "963318204475510",
    "contact": ("Édgar Villa", "edgar@suerteexpress.example", "+573155550177"),
    "contest": "Tenemos licencia en Colombia y solo escribimos a mayores de edad que ya tienen cuenta.",
    "reason": "La política de WhatsApp no admite apuestas con dinero en Colombia, tampoco con licencia local. "
    "Si abres una línea de negocio sin juego, cuéntanos y la miramos.",
}
SMALL = (
    # (story, country, language, time zone)
    (DRAFT, "MX", "es", "America/Mexico_City"),
    (SUBMITTED, "CO", "es", "America/Bogota"),
    (NEEDS_REVIEW, "CL", "es", "America/Santiago"),
    (CONTESTED, "AR", "es", "America/Argentina/Buenos_Aires"),
    (CHANGES, "PE", "es", "America/Lima"),
    (WAITS_FOR_VERIFICATION, "BR", "pt-br", "America/Sao_Paulo"),
    (WAITS_FOR_ACTIVATION, "ES", "es", "Europe/Madrid"),
    (REJECTED, "CO", "es", "America/Bogota"),
)
