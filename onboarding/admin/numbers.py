"""Accounts and numbers: what the provider says, and a way to look again now."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from onboarding.models import PhoneNumber, Waba
from onboarding.services import numbers


class LookOnly(ModelAdmin):
    """These rows are written by the provider's words, not by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Waba)
class WabaAdmin(LookOnly):
    list_display = ["name", "business", "waba_id", "business_verification", "account_review", "status", "next_poll_at"]
    list_filter = ["provider", "business_verification", "status"]
    exclude = ["access_token"]
    actions = ["look_again"]

    @admin.action(description=_("Ask Meta again now"), permissions=["view"])
    def look_again(self, request, queryset):
        for waba in queryset:
            numbers.touch(waba)
        self.message_user(request, _("We ask Meta about the selected accounts within seconds."))


@admin.register(PhoneNumber)
class PhoneNumberAdmin(LookOnly):
    list_display = ["e164", "display_name", "business", "name_status", "status", "quality_rating", "live_at"]
    list_filter = ["status", "name_status", "quality_rating"]
    exclude = ["pin"]
