"""The first canned reasons, and the traits of the applications that are already there."""

from django.db import migrations

from onboarding.likeness import keys_of

REASONS = [
    (
        "address-as-in-certificate", "changes", "address", 10,
        "Write the address exactly as it stands in the certificate or tax record, with its number and unit.",
        "Escribe la dirección tal como aparece en el certificado o registro tributario, con su número y oficina.",
        "Escreva o endereço exatamente como consta no certificado ou no cadastro fiscal, com número e complemento.",
    ),
    (
        "legal-name-as-registered", "changes", "legal_name", 20,
        "Write the legal name letter by letter as registered, with its legal form. Meta compares both texts.",
        "Escribe la razón social letra por letra como está registrada, con su tipo de sociedad. Meta compara ambos "
        "textos.",
        "Escreva a razão social letra por letra como está registrada, com o tipo societário. A Meta compara os dois "
        "textos.",
    ),
    (
        "tax-id-does-not-match", "changes", "tax_id", 30,
        "This tax ID belongs to another name. Check it against the tax record of the company.",
        "Este número tributario corresponde a otro nombre. Revísalo con el registro tributario de la empresa.",
        "Este número fiscal pertence a outro nome. Confira com o cadastro fiscal da empresa.",
    ),
    (
        "website-does-not-open", "changes", "website", 40,
        "Your website doesn't open for us. Check the address, or tell us when it is online again.",
        "Tu sitio web no nos abre. Revisa la dirección o avísanos cuando esté en línea otra vez.",
        "Seu site não abre para nós. Confira o endereço ou avise quando estiver no ar de novo.",
    ),
    (
        "name-not-on-website", "changes", "display_name", 50,
        "The display name can't be seen on your website. Use the name shown there, or show this one in the footer.",
        "El nombre visible no aparece en tu sitio web. Usa el nombre que aparece allí o muestra este en el pie de "
        "página.",
        "O nome de exibição não aparece no seu site. Use o nome que aparece lá ou mostre este no rodapé.",
    ),
    (
        "activity-more-detail", "changes", "activity", 60,
        "Tell us in two or three sentences what you sell, to whom, and how you deliver it.",
        "Cuéntanos en dos o tres frases qué vendes, a quién y cómo lo entregas.",
        "Conte em duas ou três frases o que você vende, para quem e como entrega.",
    ),
    (
        "business-id-not-found", "changes", "facebook_business_id", 70,
        "We can't find this Business ID. Copy it from Meta Business Suite: Settings, Business info.",
        "No encontramos este ID del negocio. Cópialo de Meta Business Suite: Configuración, Información del negocio.",
        "Não encontramos este ID da empresa. Copie do Meta Business Suite: Configurações, Informações da empresa.",
    ),
    (
        "number-not-reachable", "changes", "phone", 80,
        "This number can't receive the code as you chose. Choose a call, or another number.",
        "Este número no puede recibir el código como elegiste. Elige una llamada u otro número.",
        "Este número não recebe o código do jeito escolhido. Escolha uma ligação ou outro número.",
    ),
    (
        "prohibited-goods", "reject", "", 10,
        "WhatsApp's Business Messaging Policy doesn't allow selling these goods or services through the platform.",
        "La Política de mensajes de WhatsApp Business no permite vender estos bienes o servicios en la plataforma.",
        "A Política de mensagens do WhatsApp Business não permite vender estes bens ou serviços na plataforma.",
    ),
    (
        "company-not-proven", "reject", "", 20,
        "The company's existence could not be proven with the documents and pages we were given.",
        "No se pudo comprobar la existencia de la empresa con los documentos y páginas que recibimos.",
        "Não foi possível comprovar a existência da empresa com os documentos e páginas que recebemos.",
    ),
    (
        "not-the-owner-of-the-brand", "reject", "", 30,
        "The brand belongs to another company, and no permission to use it was shown.",
        "La marca pertenece a otra empresa y no se mostró permiso para usarla.",
        "A marca pertence a outra empresa e não foi apresentada permissão para usá-la.",
    ),
    (
        "we-are-looking", "message", "", 10,
        "We are looking at your application and come back to you today.",
        "Estamos revisando tu solicitud y te respondemos hoy.",
        "Estamos analisando sua solicitação e respondemos ainda hoje.",
    ),
    (
        "send-the-certificate", "message", "", 20,
        "Tell us where we can see the company's certificate of registration, not older than three months.",
        "Dinos dónde podemos ver el certificado de registro de la empresa, con menos de tres meses.",
        "Diga onde podemos ver o certificado de registro da empresa, com menos de três meses.",
    ),
]  # fmt: skip


def seed(apps, schema_editor):
    canned = apps.get_model("onboarding", "CannedReason")
    for code, use, field, position, en, es, pt in REASONS:
        canned.objects.get_or_create(
            code=code,
            defaults={
                "use": use, "field": field, "position": position, "text_en": en, "text_es": es, "text_pt": pt
            },
        )  # fmt: skip


def index_what_is_there(apps, schema_editor):
    application_model = apps.get_model("onboarding", "OnboardingApplication")
    key_model = apps.get_model("onboarding", "ApplicationKey")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.business', 'all', true)")
    for application in application_model.objects.iterator():
        key_model.objects.bulk_create(
            [
                key_model(business_id=application.business_id, application=application, kind=kind, value=value)
                for kind, value in sorted(keys_of(application))
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0003_review_desk")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(index_what_is_there, migrations.RunPython.noop),
    ]
