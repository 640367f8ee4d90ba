"""Every page of the program with its address: what ``test_pages_axe`` looks at. ``tests/test_pages_listed.py`` compares
it with the URLconf, so a page that nobody looks at is noticed.

Addresses in braces carry references; ``furniture.py`` finds or makes them. A name may stand more than once.
"""

PUBLIC = [
    ("home", "/"),
    ("onboarding:advisor", "/advisor/"),
    ("account_login", "/accounts/login/"),
    ("account_signup", "/accounts/signup/"),
    ("account_reset_password", "/accounts/password/reset/"),
    ("account_reset_password_done", "/accounts/password/reset/done/"),
    ("account_email_verification_sent", "/accounts/confirm-email/"),
    ("account_inactive", "/accounts/inactive/"),
    ("privacy", "/privacy/"),
    ("accessibility", "/accessibility/"),
    ("no such page", "/no-such-page/"),
    ("onboarding:signup_done", "/connect/facebook/done/"),
    ("onboarding:verify_signature", "{signature}"),
    ("onboarding:optin_public", "{optin_public}"),
    ("onboarding:optin_thanks", "{optin_thanks}"),
    ("onboarding:part", "{part}"),
    ("tenants:invitation_accept", "{invitation}"),
]
OWNER = [
    ("account_email", "/accounts/email/"),
    ("account_change_password", "/accounts/password/change/"),
    ("account_reauthenticate", "/accounts/reauthenticate/"),
    ("account_logout", "/accounts/logout/"),
    ("mfa_index", "/accounts/2fa/"),
    ("usersessions_list", "/accounts/sessions/"),
    ("tenants:business_create", "/new/"),
    ("tenants:business_settings", "settings/"),
    ("tenants:people", "people/"),
    ("tenants:api_keys", "api-keys/"),
    ("tenants:api_key_scopes", "{key}"),
    ("tenants:audit_trail", "audit/"),
    ("onboarding:timeline", "onboarding/timeline/"),
    ("onboarding:activation", "onboarding/activation/"),
    ("onboarding:signature", "onboarding/signature/"),
    ("onboarding:numbers", "numbers/"),
    ("onboarding:number", "{number}"),
    ("onboarding:rename", "{number}name/"),
    ("onboarding:badge", "{number}badge/"),
    ("onboarding:channel", "{number}channel/"),
    ("onboarding:chat_links", "links/"),
    ("onboarding:chat_link", "{link}"),
    ("onboarding:optin_pages", "opt-in/"),
    ("onboarding:optin_page", "{optin}"),
    ("onboarding:optin_text", "{optin}text/es/"),
    ("templates_hsm:template_list", "templates/"),
    ("templates_hsm:template_new", "templates/new/"),
    ("templates_hsm:template_import", "templates/import/"),
    ("templates_hsm:template_detail", "{template}"),
    ("templates_hsm:template_versions", "{template}versions/"),
    ("templates_hsm:template_languages", "{template}languages/"),
    ("templates_hsm:template_edit", "{builder}"),
    ("campaigns:campaign_list", "campaigns/"),
    ("campaigns:campaign_new", "campaigns/new/"),
    ("campaigns:campaign_rules", "campaigns/rules/"),
    ("campaigns:campaign_people", "{campaign}people/"),
    ("campaigns:campaign_values", "{campaign}values/"),
    ("campaigns:campaign_detail", "{report}"),
    ("costs:usage", "usage/"),
    ("costs:budget_new", "usage/budgets/new/"),
    ("costs:budget_edit", "{budget}"),
    ("contacts:contact_list", "contacts/"),
    ("contacts:contact_detail", "{contact}"),
    ("contacts:contact_proof", "{contact}proof/"),
    ("contacts:imports", "contacts/imports/"),
    ("contacts:import_prepare", "{columns}"),
    ("contacts:import_detail", "{import}"),
]
DRAFT = [
    ("tenants:start", "/start/"),
    ("onboarding:overview", "onboarding/"),
    ("onboarding:step", "onboarding/step/screening/"),
    ("onboarding:verdict", "onboarding/verdict/"),
    ("onboarding:step", "onboarding/step/signing/"),
    ("onboarding:step", "onboarding/step/company/"),
    ("onboarding:step", "onboarding/step/address/"),
    ("onboarding:step", "onboarding/step/documents/"),
    ("onboarding:step", "onboarding/step/facebook/"),
    ("onboarding:connect", "onboarding/connect/"),
    ("onboarding:ask_part", "onboarding/colleagues/"),
    ("onboarding:further_numbers", "numbers/further/"),
    ("onboarding:step", "onboarding/step/number/"),
    ("onboarding:step", "onboarding/step/display-name/"),
    ("onboarding:step", "onboarding/step/contact/"),
    ("onboarding:check", "onboarding/check/"),
]
AGENT = [
    ("contactcenter:inbox", "inbox/"),
    ("contactcenter:conversation_detail", "{conversation}"),
    ("contactcenter:conversation_new", "inbox/new/"),
]
SANDBOX = ["/phone/", "{chat}", "/control/", "/control/webhooks", "/mail/"]

_MODELS = {
    "onboarding": "applicationdocument onboardingapplication badgerequest cannedreason channelsetup numberrequest "
    "numbernews renaming waba phonenumber",
    "templates_hsm": "templatereview lintmiss librarytemplate messagetemplate",
    "tenants": "business user auditevent mail",
    "providers": "providercall deadletter unknownevent incident",
}
LISTS = [(app, model) for app, models in _MODELS.items() for model in models.split()]
ADMIN = [
    ("admin:index", "/admin/"),
    ("health", "/admin/health/"),
    ("usage_of_businesses", "/admin/usage/"),
    ("admin:password_change", "/admin/password_change/"),
    ("admin:onboarding_onboardingapplication_workload", "/admin/onboarding/onboardingapplication/workload/"),
    ("admin:onboarding_houserulechange_changelist", "/admin/onboarding/houserulechange/"),
    ("admin:onboarding_houserulechange_rule", "/admin/onboarding/houserulechange/review_target_hours/"),
    ("admin:onboarding_houserulechange_rulebook", "/admin/onboarding/houserulechange/rulebook/"),
    ("admin:onboarding_houserulechange_compare", "/admin/onboarding/houserulechange/rulebook/compare/"),
    *[(f"admin:{app}_{model}_changelist", f"/admin/{app}/{model}/") for app, model in LISTS],
    # One row of the lists that surely have one after the way to live; "{first}" is that row.
    ("admin:onboarding_onboardingapplication_change", "/admin/onboarding/onboardingapplication/?status=all{first}"),
    ("admin:onboarding_channelsetup_change", "/admin/onboarding/channelsetup/?stage=all{first}"),
    ("admin:onboarding_cannedreason_change", "/admin/onboarding/cannedreason/{first}"),
    ("admin:onboarding_phonenumber_change", "/admin/onboarding/phonenumber/{first}"),
    ("admin:onboarding_waba_change", "/admin/onboarding/waba/{first}"),
    ("admin:templates_hsm_messagetemplate_change", "/admin/templates_hsm/messagetemplate/{first}"),
    ("admin:tenants_business_change", "/admin/tenants/business/{first}"),
    ("admin:tenants_user_change", "/admin/tenants/user/{first}"),
    ("admin:tenants_auditevent_change", "/admin/tenants/auditevent/{first}"),
    ("admin:tenants_mail_change", "/admin/tenants/mail/{first}"),
    ("admin:providers_providercall_change", "/admin/providers/providercall/{first}"),
    ("admin:providers_unknownevent_change", "/admin/providers/unknownevent/{first}"),
]

ADMIN_WITHOUT_ANYWHERE = {"landmark-unique"}
"""SimpleBar, which scrolls Unfold's menu and its tables, makes each of them a region called “scrollable content”."""
ADMIN_WITHOUT = {
    # Unfold names the selects of rows inside a form by their column alone, and the column of their deletion not at all.
    "admin:tenants_business_change": {"select-name", "empty-table-header"},
    # Django's own widget for many choices puts aria-label on a span.
    "admin:tenants_user_change": {"aria-prohibited-attr"},
}
"""Rules left out on a page of the admin, each with the part of a library that makes it so."""

LISTED = {name for pages in (PUBLIC, OWNER, DRAFT, AGENT, ADMIN) for name, _path in pages}

FRAGMENT, FILE = "A part of a page that is listed", "No page: a file or data"
DOOR = "No page of its own: it leads on"
ONCE = "Its address works once or needs a state that the journeys don't keep; built from the same parts as "
STEP = "Only with a second factor under way; built from the same parts as the pages of the account"
OTHERS = "A library's own page as the library makes it"
NOT_LISTED = {
    "onboarding:reminders": "test_road looks at it, in every look",
    "onboarding:propose_name": "test_road looks at it, in every look: only a refused name has it",
    "tenants:business_home": DOOR,
    "onboarding:signup_return": DOOR,
    "onboarding:start": DOOR,
    "onboarding:name_findings": FRAGMENT,
    "onboarding:number_facts": FRAGMENT,
    "onboarding:activation_progress": FRAGMENT,
    "onboarding:signup_progress": FRAGMENT,
    "onboarding:badge_state": FRAGMENT,
    "templates_hsm:template_status": FRAGMENT,
    "templates_hsm:template_check": FRAGMENT,
    "campaigns:campaign_progress": FRAGMENT,
    "contactcenter:inbox_rows": FRAGMENT,
    "contactcenter:template_preview": FRAGMENT,
    "contactcenter:conversation_messages": FRAGMENT,
    "contactcenter:conversation_composer": FRAGMENT,
    "contacts:import_progress": FRAGMENT,
    "onboarding:site_copy": "Somebody else's site as it was, in a sandbox",
    "onboarding:signature_record": FILE,
    "onboarding:signature_pdf": FILE,
    "onboarding:chat_link_picture": FILE,
    "onboarding:optin_picture": FILE,
    "onboarding:channel_code": FILE,
    "templates_hsm:template_export_json": FILE,
    "templates_hsm:template_export_csv": FILE,
    "templates_hsm:template_export_one": FILE,
    "templates_hsm:template_media": FILE,
    "campaigns:campaign_export": FILE,
    "campaigns:campaign_file": FILE,
    "costs:usage_export": FILE,
    "contactcenter:message_media": FILE,
    "contactcenter:message_file": FILE,
    "contacts:import_report": FILE,
    "healthz": FILE,
    "readyz": FILE,
    "metrics": FILE,
    "api_schema": FILE,
    "api_docs": OTHERS,
    "account_set_password": "Everybody has a password here; it leads to the page that changes it",
    "account_confirm_login_code": "Switched off",
    "account_confirm_email": ONCE + "the page that says a mail was sent",
    "account_reset_password_from_key": ONCE + "the page that changes a password",
    "account_reset_password_from_key_done": ONCE + "the page that changes a password",
    "mfa_authenticate": STEP,
    "mfa_reauthenticate": STEP,
    "mfa_activate_totp": STEP,
    "mfa_deactivate_totp": STEP,
    "mfa_view_recovery_codes": STEP,
    "mfa_generate_recovery_codes": STEP,
    "mfa_download_recovery_codes": FILE,
    "health_replay_ask": DOOR,
    "health_replay": ONCE + "the health page",
}
"""Names that answer to GET and aren't looked at, each with the reason."""

ADMIN_NOT_LISTED = {
    "search": "A part of pages: the search of the admin",
    "login": OTHERS,
    "logout": OTHERS,
    "password_change_done": OTHERS,
    "autocomplete": FILE,
    "jsi18n": FILE,
    "view_on_site": DOOR,
    "app_list": "The index with one application alone",
    "auth_user_password_change": "The form of a change, with two fields",
}
ADMIN_KINDS_NOT_LISTED = {
    "add": "The form of a change with nothing in it",
    "delete": "A question with two buttons, the library's own",
    "history": "A list of the library's own",
    "change": "A row of a list that may be empty; the same form as the listed ones",
    "decide": DOOR,
    "mark": DOOR,
    "act": DOOR,
    "withdraw": DOOR,
    "code": FILE,
    "download": FILE,
    "site": "Somebody else's site as it was, in a sandbox",
    "replay": "A verdict reached again; a section of the review page",
    "name": "A verdict reached again; a section of the review page",
}
"""Last words of names of the admin; accounts' own lists (allauth's) are the library's as well."""
LIBRARIES = ("account_", "mfa_", "usersessions_")
