"""Settings pages, and the pages of signing in."""

from allauth.account import views as account
from django.urls import include, path, register_converter

from dangol.administration.views import (
    overview,
    own_fields,
    people,
    profile,
    roles,
    seeing,
    storage,
    trees,
    work,
)

register_converter(trees.TreeConverter, "tree")

settings_pages = [
    path("", overview.overview, name="overview"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.password, name="password"),
    path("profile/sessions/end/", profile.sessions_end, name="sessions-end"),
    path("profile/tokens/new/", profile.token_new, name="token-new"),
    path("profile/tokens/<int:pk>/revoke/", profile.token_revoke, name="token-revoke"),
    path("users/", people.user_list, name="users"),
    path("users/new/", people.user_new, name="user-new"),
    path("users/<int:pk>/", people.user_edit, name="user"),
    path("users/<int:pk>/password/", people.user_password, name="user-password"),
    path("users/<int:pk>/deactivate/", people.user_deactivate, name="user-deactivate"),
    path("users/<int:pk>/activate/", people.user_activate, name="user-activate"),
    path("users/<int:pk>/see-as/", seeing.see_as, name="see-as"),
    path("see-as/end/", seeing.see_as_end, name="see-as-end"),
    path("<tree:kind>/", trees.tree_list, name="trees"),
    path("<tree:kind>/new/", trees.node_new, name="node-new"),
    path("<tree:kind>/<int:pk>/", trees.node_edit, name="node"),
    path("<tree:kind>/<int:pk>/delete/", trees.node_delete, name="node-delete"),
    path("roles/", roles.role_list, name="roles"),
    path("roles/new/", roles.role_new, name="role-new"),
    path("roles/<int:pk>/", roles.role_edit, name="role"),
    path("roles/<int:pk>/delete/", roles.role_delete, name="role-delete"),
    path("fields/", own_fields.type_list, name="field-types"),
    path("fields/<int:pk>/", own_fields.field_edit, name="field"),
    path("fields/<int:pk>/move/", own_fields.field_move, name="field-move"),
    path("fields/<int:pk>/switch/", own_fields.field_switch, name="field-switch"),
    path("fields/<int:pk>/index/", own_fields.field_index, name="field-index"),
    path("fields/<int:pk>/delete/", own_fields.field_delete, name="field-delete"),
    path("fields/<slug:record_type>/", own_fields.field_list, name="fields"),
    path("fields/<slug:record_type>/new/", own_fields.field_new, name="field-new"),
    path("fields/<slug:record_type>/preview/", own_fields.field_preview, name="field-preview"),
    path("work/", work.work, name="work"),
    path("work/deliveries/<int:pk>/retry/", work.delivery_retry, name="delivery-retry"),
    path("work/jobs/<int:pk>/retry/", work.job_retry, name="job-retry"),
    path("work/deliveries/<int:pk>/discard/", work.delivery_discard, name="delivery-discard"),
    path("storage/", storage.storage, name="storage"),
    path("storage/back-up/", storage.back_up, name="back-up"),
    path("access-log/", overview.access_log, name="access-log"),
]

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/deactivated/", account.account_inactive, name="account_inactive"),
    path("settings/", include((settings_pages, "administration"))),
]
