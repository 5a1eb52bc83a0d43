"""Settings pages, and the pages of signing in."""

from allauth.account import views as account
from django.urls import include, path, register_converter

from dangol.administration.views import (
    calls,
    factors,
    overview,
    own_fields,
    people,
    profile,
    roles,
    seeing,
    sessions,
    signin,
    signing_in,
    sso,
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
    path("profile/sessions/<int:pk>/end/", sessions.session_end, name="session-end"),
    path("profile/accounts/<int:pk>/disconnect/", sessions.account_disconnect, name="account-disconnect"),
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
    path("users/<int:pk>/sessions/end/", sessions.user_sessions_end, name="user-sessions-end"),
    path("users/<int:pk>/factors/reset/", sessions.user_factors_reset, name="user-factors-reset"),
    path("sign-in/", signin.policy, name="sign-in"),
    path("sign-in/new/<slug:provider_kind>/", signin.provider_new, name="provider-new"),
    path("sign-in/<int:pk>/", signin.provider_edit, name="provider"),
    path("sign-in/<int:pk>/delete/", signin.provider_delete, name="provider-delete"),
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
    path("calls/", calls.call_list, name="calls"),
    path("access-log/", overview.access_log, name="access-log"),
]

# allauth finds its pages by these names.
factor_pages = [
    path("", factors.index, name="mfa_index"),
    path("app/", factors.AppAddView.as_view(), name="mfa_activate_totp"),
    path("app/remove/", factors.AppRemoveView.as_view(), name="mfa_deactivate_totp"),
    path("keys/", factors.keys, name="mfa_list_webauthn"),
    path("keys/new/", factors.PasskeyAddView.as_view(), name="mfa_add_webauthn"),
    path("keys/<int:pk>/", factors.key_rename, name="mfa_edit_webauthn"),
    path("keys/<int:pk>/remove/", factors.PasskeyRemoveView.as_view(), name="mfa_remove_webauthn"),
    path("codes/", factors.CodesView.as_view(), name="mfa_view_recovery_codes"),
    path("codes/new/", factors.CodesNewView.as_view(), name="mfa_generate_recovery_codes"),
]
confirming_pages = [
    path("", signing_in.ConfirmByPasswordView.as_view(), name="account_reauthenticate"),
    path("code/", signing_in.ConfirmByCodeView.as_view(), name="mfa_reauthenticate"),
    path("passkey/", signing_in.ConfirmByPasskeyView.as_view(), name="mfa_reauthenticate_webauthn"),
]
provider_pages = [
    path("with/<slug:provider_key>/", sso.begin, name="sign-in-with"),
    path("cancelled/", sso.cancelled, name="socialaccount_login_cancelled"),
    path("openid/<slug:provider_id>/", sso.openid_callback, name="openid_connect_callback"),
    path("kakao/", sso.kakao_callback, name="kakao_callback"),
    path("naver/", sso.naver_callback, name="naver_callback"),
    path("google/", sso.google_callback, name="google_callback"),
    path("saml/<slug:organization_slug>/acs/", sso.saml_acs, name="saml_acs"),
    path("saml/<slug:organization_slug>/finish/", sso.saml_finish, name="saml_finish_acs"),
    path("saml/<slug:organization_slug>/metadata/", sso.saml_metadata, name="saml_metadata"),
    path("saml/<slug:organization_slug>/no-logout/", sso.saml_no_logout, name="saml_sls"),
]

urlpatterns = [
    path("sign-in/", signing_in.SignInView.as_view(), name="account_login"),
    path("sign-in/second-factor/", signing_in.SecondFactorView.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", signing_in.PasskeyView.as_view(), name="mfa_login_webauthn"),
    path("sign-in/", include(provider_pages)),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/deactivated/", account.account_inactive, name="account_inactive"),
    path("settings/profile/second-factor/", include(factor_pages)),
    path("settings/profile/confirm/", include(confirming_pages)),
    path("settings/", include((settings_pages, "administration"))),
]
