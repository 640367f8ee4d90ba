"""The invented companies of a rehearsal, with the facts that their websites show. None of them exists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """``slug`` is the folder below ``/sites/``; ``notices`` are the paragraphs of the front page."""

    slug: str
    language: str
    brand: str
    legal_name: str
    tax_id: str
    country: str
    address: str
    city: str
    region: str
    postal_code: str
    phone: str
    headline: str
    notices: tuple[str, ...]
    site_name: str = ""
    """How the site calls itself when that isn't the brand."""

    @property
    def shown_name(self):
        return self.site_name or self.brand


COMPANIES = {
    company.slug: company
    for company in (
        Company(
            "envios-del-valle", "es", "Envíos del Valle", "Envíos del Valle S. A. S.", "901.482.110-8", "CO",
            "Calle 25 Norte # 6-41, bodega 3", "Cali", "Valle del Cauca", "760045", "+576024850199",
            "Tu paquete en el Valle, hoy o mañana",
            (
                "Recogemos en tu casa o tu local antes de las once y entregamos el mismo día en Cali, Palmira y Yumbo.",
                "Al resto del Valle del Cauca llegamos al día siguiente. Cada entrega queda firmada.",
            ),
        ),
        Company(
            "northgate-clinic", "en", "Northgate Clinic", "Northgate Clinic Ltd", "GB 291700313", "GB",
            "14 Quay Row", "Bristol", "", "BS1 6TY", "+441174960123",
            "A clinic that runs on time",
            (
                "General practice and nurse appointments on weekdays from eight to six, Saturdays until noon.",
                "We remind you the day before and tell you at once when a time has to move.",
            ),
        ),
        Company(
            "floreria-jacaranda", "es", "Florería Jacaranda", "Flores Jacaranda S. A. de C. V.", "FJA190507T00", "MX",
            "Avenida Álvaro Obregón 118", "Ciudad de México", "CDMX", "06700", "+525555550142",
            "Ramos que llegan cuando se esperan",
            ("Hacemos ramos con flor de Xochimilco y los llevamos el mismo día a quince colonias.",),
        ),
        Company(
            "ferreteria-tamayo", "es", "Ferretería Tamayo", "Tamayo Hermanos Ltda.", "830.551.900-9", "CO",
            "Carrera 8 # 34-12", "Palmira", "Valle del Cauca", "763533", "+576022850177",
            "Lo que falta para terminar la obra",
            ("Herramienta, pintura y materiales. Reserva por teléfono y recoge en una hora.",),
            site_name="Tamayo Hermanos",
        ),
        Company(
            "laboratorio-aurora", "es", "Laboratorio Aurora", "Laboratorio Clínico Aurora SpA", "76.640.031-0", "CL",
            "Avenida Providencia 1432, oficina 3", "Santiago", "Región Metropolitana", "7500000", "+56225550142",
            "Exámenes con resultado el mismo día",
            ("Tomamos muestras desde las siete. Avisamos cuando el resultado está listo en nuestro portal.",),
        ),
        Company(
            "botica-san-telmo", "es", "Botica San Telmo", "San Telmo Salud S. R. L.", "30-71580031-0", "AR",
            "Defensa 1043", "Buenos Aires", "Ciudad Autónoma de Buenos Aires", "C1065AAU", "+541145550142",
            "La botica del barrio desde 1998",
            ("Perfumería, cuidado personal y artículos para bebés. Encargos con retiro en el local.",),
        ),
        Company(
            "optica-mirador", "es", "Óptica Mirador", "Inversiones Mirador S. A. C.", "20607480100", "PE",
            "Jirón de la Unión 552", "Lima", "Lima", "15001", "+51987555014",
            "Ver bien sin esperar semanas",
            ("Examen de la vista, monturas y taller propio. Los lentes están listos en tres días.",),
        ),
        Company(
            "mudancas-ipe", "pt-BR", "Mudanças Ipê", "Ipê Transportes e Mudanças Ltda.", "42.187.900/0001-30", "BR",
            "Rua Augusta 900, loja 2", "São Paulo", "SP", "01304-001", "+551145550142",
            "A sua mudança com data e hora certas",
            ("Embalamos, levamos e montamos. Guarda-móveis por mês, com inventário fotografado.",),
        ),
        Company(
            "hostal-la-azotea", "es", "Hostal La Azotea", "Azotea Alojamientos S. L.", "B87151007", "ES",
            "Calle Feria 84", "Sevilla", "Sevilla", "41002", "+34915550142",
            "Doce habitaciones y una azotea",
            ("A diez minutos andando de la Catedral. Desayuno hasta las doce.",),
            site_name="La Azotea de la Feria",
        ),
        Company(
            "suerte-express", "es", "Suerte Express", "Suerte Express S. A. S.", "901.482.110-8", "CO",
            "Avenida 6 Norte # 28-90", "Cali", "Valle del Cauca", "760046", "+576024850244",
            "Juega desde el sofá",
            ("Apuestas deportivas y casino en línea para mayores de edad.",),
        ),
    )
}  # fmt: skip
