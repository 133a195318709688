"""Secret stores, infrastructure, monitoring and feature flags."""

from __future__ import annotations

from guardproxy.filters._secret_rules.judges import two_digits
from guardproxy.filters._secret_rules.kind import WORD, Kind, context, shape

STORES = (
    shape("vault-service-token", "HashiCorp Vault service token", r"hvs\.{u24,300}", "hvs.{u90}"),
    shape("vault-batch-token", "HashiCorp Vault batch token", r"hvb\.{u24,400}", "hvb.{u138}"),
    shape("vault-recovery-token", "HashiCorp Vault recovery token", r"hvr\.{u24,300}", "hvr.{u90}"),
    shape(
        "vault-legacy-token",
        "HashiCorp Vault service token (older form)",
        r"s\.{w24}",
        score=0.8,
        before="A-Za-z0-9_.)\\]",
        floor=3.5,
        judge=two_digits,
    ),
    shape("doppler-token", "Doppler token", r"dp\.(?:pt|ct|sa|scim|audit)\.{w40,44}", "dp.pt.{w43}"),
    shape(
        "doppler-service-token",
        "Doppler service token",
        r"dp\.st\.(?:[a-z0-9_-]{2,35}\.)?{w40,44}",
        "dp.st.dev_us.{w43}",
    ),
    shape(
        "1password-secret-key",
        "1Password secret key",
        "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
        "A3-{c6}-{c6}-{c5}-{c5}-{c5}-{c5}",
        vendor="onepassword",
        before=WORD,
    ),
    shape(
        "1password-service-token",
        "1Password service account token",
        "ops_eyJ{b200,1500}={0,3}",
        "ops_eyJ{b300}",
        vendor="onepassword",
    ),
    shape("bitwarden-token", "Bitwarden Secrets Manager access token", r"0\.{i}\.{w30}:{b22}==", before="A-Za-z0-9."),
    shape(
        "infisical-token",
        "Infisical service token",
        r"st\.{h24}\.{h32,64}\.{h32}",
        "st.{h24}.{h64}.{h32}",
        before="A-Za-z0-9_.",
    ),
    shape(
        "age-secret-key",
        "age secret key",
        "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}",
        "AGE-SECRET-KEY-1" + "Q8ZR7P3X2C" * 5 + "9AKHTM4W",
        vendor="age",
    ),
)

INFRASTRUCTURE = (
    shape(
        "terraform-token",
        "HCP Terraform API token, from its fixed middle on",
        r"\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        ".atlasv1.{u67}",
    ),
    shape("pulumi-token", "Pulumi access token", "pul-{h40}", before=WORD),
    shape(
        "tailscale-key",
        "Tailscale key",
        "tskey-(?:[a-z]{2,10}-)?{w6,40}(?:CNTRL)?-{w20,50}",
        "tskey-auth-{w12}CNTRL-{w32}",
    ),
    shape(
        "ngrok-token",
        "ngrok auth token or API key",
        "[12]{w26}_{w21,24}",
        "2{w26}_{w21}",
        before="A-Za-z0-9_-",
        floor=4.0,
    ),
    shape(
        "defined-token", "Defined Networking API token", "dnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}", "dnkey-{l26}-{l52}"
    ),
    shape(
        "authress-key",
        "Authress service client access key",
        r"(?:sc_|ext_|scauth_|authress_)[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}",
        "sc_{l12}.{l4}.acc_{l16}.{b60}",
        before=WORD,
    ),
    shape("openshift-token", "OpenShift user token", "sha256~{u43}", before=WORD),
    shape("settlemint-token", "SettleMint access token", "sm_(?:pat|aat|sat)_{w16}", "sm_pat_{w16}"),
    context("algolia-key", "Algolia API key", "golia", "{l32}", name="algolia"),
    context("okta-token", "Okta API token", "okta|ssws", "00[A-Za-z0-9=_-]{40}", value="00{u40}"),
    context("auth0-secret", "Auth0 client secret", "auth0", "{u64}"),
    context("onelogin-secret", "OneLogin client secret", "onelogin", "{h64}"),
    shape("stytch-secret", "Stytch secret", "secret-(?:test|live)-[A-Za-z0-9_=-]{36}", "secret-live-{u36}"),
    context("looker-id", "Looker client id", "looker", "{l20}", score=0.6),
    context("looker-secret", "Looker client secret", "looker", "{l24}"),
    shape("retool-token", "Retool access token", "retool_01{l24}"),
    shape("n8n-key", "n8n API key", r"n8n_api_{w30,200}", "n8n_api_{w60}"),
    context(
        "sidekiq-secret",
        "Sidekiq Enterprise or Pro credentials",
        "bundle_(?:enterprise|gems)__contribsys__com",
        "{h8}:{h8}",
        name="BUNDLE_ENTERPRISE__CONTRIBSYS__COM",
        floor=2.0,
    ),
    context("nomad-token", "HashiCorp Nomad or Consul token", "nomad", "{i}", judge=None, name="nomad"),
)

MONITORING = (
    shape("newrelic-user-key", "New Relic user API key", "NRAK-[A-Za-z0-9]{27}", "NRAK-{c27}"),
    shape("newrelic-browser-key", "New Relic browser key", "NRJS-{h19}"),
    shape("newrelic-insert-key", "New Relic insert key", "NRI[IQ]-{u32}", "NRII-{u32}"),
    shape("newrelic-admin-key", "New Relic admin or REST key", "NRRA-{h42}"),
    shape("newrelic-license-key", "New Relic license key", "{h36}NRAL", before=WORD),
    context("newrelic-user-id", "New Relic user API id", "relic", "{l64}", name="newrelic"),
    shape(
        "grafana-cloud-token", "Grafana Cloud access policy token", "glc_{b32,400}={0,3}", "glc_eyJ{b100}=", before=WORD
    ),
    shape("grafana-service-token", "Grafana service account token", "glsa_{w32}_{x8}", "glsa_{w32}_{h8}"),
    shape("grafana-key", "Grafana API key (older form)", "eyJrIjoi{b70,400}={0,3}", "eyJrIjoi{w80}==", before=WORD),
    shape(
        "sentry-org-token", "Sentry organization token", "sntrys_eyJ{b60,1000}={0,2}_{b43}", "sntrys_eyJ{b120}_{b43}"
    ),
    shape("sentry-user-token", "Sentry user token", "sntryu_{h64}"),
    context("sentry-token", "Sentry token (older form)", "sentry", "{h64}"),
    context("datadog-key", "Datadog application key", "tadog|dd_app", "{l40}", name="datadog"),
    context("datadog-api-key", "Datadog API key", "tadog|dd_api", "{h32}", name="datadog"),
    context(
        "pagerduty-key", "PagerDuty API key", "pager[_ -]?duty", "[A-Za-z0-9_+-]{20}", name="pagerduty", value="u+{w18}"
    ),
    shape(
        "dynatrace-token", "Dynatrace API token", r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "dt0c01.{c24}.{c64}"
    ),
    context("sumologic-id", "Sumo Logic access id", "sumo", "su{w12}", floor=2.5),
    context("sumologic-key", "Sumo Logic access key", "sumo", "{w64}"),
    context("rollbar-token", "Rollbar access token", "rollbar", "{h32}"),
    context("bugsnag-key", "BugSnag API key", "bugsnag", "{h32}"),
    context("opsgenie-key", "Opsgenie API key", "opsgenie", "{i}", judge=None),
    context("honeycomb-key", "Honeycomb API key", "honeycomb", "{l32}"),
    context("splunk-hec-token", "Splunk HTTP event collector token", "splunk", "{i}", judge=None),
    shape("axiom-token", "Axiom token", "xa[ap]t-{i}", "xaat-{i}"),
    shape("checkly-key", "Checkly API key", "cu_{h32}", before=WORD),
    shape("posthog-key", "PostHog personal API key", "phx_{w43,50}", "phx_{w43}"),
    shape(
        "launchdarkly-key",
        "LaunchDarkly SDK, API or mobile key",
        "(?:api|sdk|mob)-{i}",
        "sdk-{i}",
        before="A-Za-z0-9-",
        score=0.9,
    ),
    context(
        "launchdarkly-token",
        "LaunchDarkly access token (older form)",
        "launchdarkly",
        "[A-Za-z0-9=_-]{40}",
        value="{u40}",
    ),
    shape("statsig-key", "Statsig secret key", "secret-{w40,60}", "secret-{w44}", before="A-Za-z0-9-"),
)

KINDS: tuple[Kind, ...] = STORES + INFRASTRUCTURE + MONITORING
