from django.urls import path

from contactcenter.api import campaign_views, consent_views, setup_views, talk_views, usage_views

urlpatterns = [
    path("applications/", setup_views.Applications.as_view()),
    path("applications/<uuid:reference>/", setup_views.ApplicationDetail.as_view()),
    path("phone-numbers/", setup_views.PhoneNumbers.as_view()),
    path("phone-numbers/<uuid:reference>/", setup_views.PhoneNumberDetail.as_view()),
    path("templates/", setup_views.Templates.as_view()),
    path("templates/lint/", setup_views.TemplateLint.as_view()),
    path("templates/<uuid:reference>/", setup_views.TemplateDetail.as_view()),
    path("templates/<uuid:reference>/submit/", setup_views.TemplateSubmit.as_view()),
    path("usage/", usage_views.Usage.as_view()),
    path("budgets/", usage_views.Budgets.as_view()),
    path("windows/", talk_views.Windows.as_view()),
    path("conversations/", talk_views.Conversations.as_view()),
    path("conversations/<uuid:reference>/", talk_views.ConversationDetail.as_view()),
    path("conversations/<uuid:reference>/messages/", talk_views.ConversationMessages.as_view()),
    path("messages/", talk_views.Messages.as_view()),
    path("opt-ins/", talk_views.OptIns.as_view()),
    path("opt-ins/proof/", consent_views.ConsentProof.as_view()),
    path("campaigns/", campaign_views.Campaigns.as_view()),
    path("campaigns/<uuid:reference>/", campaign_views.CampaignDetail.as_view()),
    path("campaigns/<uuid:reference>/preview/", campaign_views.CampaignPreview.as_view()),
    path("campaigns/<uuid:reference>/check/", campaign_views.CampaignCheck.as_view()),
    path("campaigns/<uuid:reference>/start/", campaign_views.CampaignStart.as_view()),
    path("campaigns/<uuid:reference>/pause/", campaign_views.CampaignPause.as_view()),
    path("campaigns/<uuid:reference>/resume/", campaign_views.CampaignResume.as_view()),
    path("campaigns/<uuid:reference>/cancel/", campaign_views.CampaignCancel.as_view()),
    path("campaigns/<uuid:reference>/report/", campaign_views.CampaignReport.as_view()),
    path("campaigns/<uuid:reference>/recipients/", campaign_views.CampaignRecipients.as_view()),
]
