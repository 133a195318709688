"""Code hosting, package registries and continuous integration."""

from __future__ import annotations

from guardproxy.filters._secret_rules.judges import crc32_suffix, with_crc32
from guardproxy.filters._secret_rules.kind import BASE64, WORD, Kind, context, expand, fake, shape


def _checked(id: str, title: str, prefix: str) -> Kind:
    example = with_crc32(prefix, fake("{w30}", id))
    pattern = expand(prefix + "{w36}")
    return Kind(id, id.partition("-")[0], title, pattern, example, 1.0, floor=3.0, judge=crc32_suffix)


GITHUB = (
    _checked("github-personal-token", "GitHub personal access token (classic)", "ghp_"),
    _checked("github-oauth-token", "GitHub OAuth access token", "gho_"),
    _checked("github-user-token", "GitHub App user-to-server token", "ghu_"),
    _checked("github-server-token", "GitHub App server-to-server token", "ghs_"),
    _checked("github-refresh-token", "GitHub App refresh token", "ghr_"),
    shape("github-long-refresh-token", "GitHub App refresh token (long form)", "ghr_{w76}"),
    shape(
        "github-fine-grained-token",
        "GitHub fine-grained personal access token",
        "github_pat_[A-Za-z0-9_]{82}",
        "github_pat_{w22}_{w59}",
    ),
)

GITLAB = (
    shape(
        "gitlab-personal-token",
        "GitLab personal, project or group access token",
        r"glpat-{u20,300}(?:\.[0-9a-z]{2,9}){0,2}",
        "glpat-{u20}",
    ),
    shape("gitlab-job-token", "GitLab CI/CD job token", "glcbt-{u20,300}", "glcbt-{u22}"),
    shape("gitlab-deploy-token", "GitLab deploy token", "gldt-{u20,60}", "gldt-{u20}"),
    shape("gitlab-feature-flag-token", "GitLab feature flags client token", "glffct-{u20,60}", "glffct-{u20}"),
    shape("gitlab-feed-token", "GitLab feed token", "glft-{u20,60}", "glft-{u20}"),
    shape("gitlab-incoming-mail-token", "GitLab incoming mail token", "glimt-{u25,60}", "glimt-{u25}"),
    shape("gitlab-agent-token", "GitLab agent for Kubernetes token", "glagent-{u50,80}", "glagent-{u50}"),
    shape("gitlab-oauth-secret", "GitLab OAuth application secret", "gloas-{u64}"),
    shape("gitlab-trigger-token", "GitLab pipeline trigger token", "glptt-{h40}"),
    shape(
        "gitlab-runner-token",
        "GitLab runner authentication token",
        r"glrtr?-{u20,300}(?:\.[0-9a-z]{2,9}){0,2}",
        "glrt-{u20}",
    ),
    shape("gitlab-runner-registration", "GitLab runner registration token", "GR1348941{u20}", floor=3.0),
    shape("gitlab-scim-token", "GitLab SCIM token", "glsoat-{u20,60}", "glsoat-{u20}"),
    shape("gitlab-workspace-token", "GitLab workspace token", "glwt-{u20,60}", "glwt-{u20}"),
    shape("gitlab-session", "GitLab session cookie", "_gitlab_session=({h32})", "_gitlab_session={h32}"),
)

ATLASSIAN = (
    shape("atlassian-api-token", "Atlassian API token", "ATATT3[A-Za-z0-9_=-]{60,300}", "ATATT3xFf{u174}=1A2B3C4D"),
    shape(
        "atlassian-service-token",
        "Atlassian service account or user token",
        "ATSTT3[A-Za-z0-9_=-]{60,300}",
        "ATSTT3xFf{u174}",
    ),
    context("atlassian-key", "Atlassian API token (older form)", "atlassian|jira", "{w24}"),
    shape("bitbucket-app-password", "Bitbucket app password", "ATBB[A-Za-z0-9_=-]{28,32}", "ATBB{w32}", floor=3.0),
    shape(
        "bitbucket-access-token", "Bitbucket repository access token", "ATCTT3[A-Za-z0-9_=-]{60,300}", "ATCTT3xFf{u174}"
    ),
    context("bitbucket-client-id", "Bitbucket OAuth consumer key", "bitbucket", "{w32}"),
    context(
        "bitbucket-client-secret", "Bitbucket OAuth consumer secret", "bitbucket", "[A-Za-z0-9=_-]{64}", value="{u64}"
    ),
    shape("trello-token", "Trello token", "ATTA{h64}{x8}", "ATTA{h64}{x8}"),
    context("trello-key", "Trello API key", "trello", "{h32}"),
)

REGISTRIES = (
    _checked("npm-token", "npm access token", "npm_"),
    shape(
        "npm-legacy-token",
        "npm access token (older form) in .npmrc",
        "_authToken=({i})",
        "//npm.acme.test/:_authToken={i}",
    ),
    shape("pypi-token", "PyPI API token", "pypi-AgEIcHlwaS5vcmc{u50,1000}", "pypi-AgEIcHlwaS5vcmc{u120}"),
    shape(
        "pypi-test-token",
        "TestPyPI API token",
        "pypi-AgENdGVzdC5weXBpLm9yZ{u50,1000}",
        "pypi-AgENdGVzdC5weXBpLm9yZ{u120}",
    ),
    shape("rubygems-key", "RubyGems API key", "rubygems_{h48}"),
    shape("crates-token", "crates.io API token", "cio{w32}", before=BASE64, floor=3.5),
    shape("docker-token", "Docker personal access token", "dckr_pat_{u27}"),
    shape("docker-org-token", "Docker organization access token", "dckr_oat_{u32}"),
    shape("nuget-key", "NuGet API key", "oy2{l43}", before=BASE64, floor=3.5),
    shape("clojars-token", "Clojars deploy token", "CLOJARS_{l60}"),
    shape("packagist-token", "Packagist token", "packagist_[ou][ru]t_{h68}", "packagist_ort_{h68}"),
    shape(
        "artifactory-key",
        "JFrog Artifactory API key",
        "AKC[A-Za-z0-9]{64,73}",
        "AKCp{w69}",
        vendor="jfrog",
        before=BASE64,
    ),
    shape(
        "artifactory-reference-token", "JFrog reference token", "cmVmd{w59}", vendor="jfrog", before=BASE64, floor=3.5
    ),
    context("jfrog-key", "JFrog API key, after its name", "jfrog|tifactory|bintray|xray", "{l73}"),
    context("jfrog-identity-token", "JFrog identity token, after its name", "jfrog|tifactory|bintray|xray", "{l64}"),
    shape("jsr-token", "JSR token", "jsr[pd]_{w36,60}", "jsrp_{w40}", before=WORD),
)

PIPELINES = (
    shape("buildkite-token", "Buildkite user or agent token", "bk(?:u|aj|ct|pt)[a-z]?_{w40,64}", "bkua_{h40}"),
    shape("circleci-token", "CircleCI token", "CCI(?:PAT|PRJ)_{w22}_{h40}", "CCIPAT_{w22}_{h40}"),
    context("circleci-key", "CircleCI token (older form)", "circle[_ -]?(?:ci|token)", "{h40}", name="circle_ci"),
    context("travis-token", "Travis CI token", "ravis", "{u22}", name="travis"),
    context("jenkins-token", "Jenkins API token", "jenkins", "11{h32}"),
    context("drone-token", "Drone CI token", "drone", "{w32}"),
    context("codecov-token", "Codecov upload token (older form)", "odecov", "{l32}", name="codecov"),
    context("codecov-upload-token", "Codecov upload token", "odecov", "{i}", judge=None, name="codecov"),
    shape("sonar-token", "SonarQube or SonarCloud token", "sq[pua]_{h40}", "sqp_{h40}"),
    context("sonar-key", "Sonar token (older form)", "sonar", "{h40}"),
    shape(
        "snyk-service-token",
        "Snyk service account token",
        r"snyk_(?:uat|sat)\.{h8}\.eyJ{u40,900}(?:\.{u20,200}){0,2}",
        "snyk_uat.{h8}.eyJ{u80}",
    ),
    context("snyk-key", "Snyk API token", "snyk", "{i}", judge=None),
    shape("sourcegraph-token", "Sourcegraph access token", "sgp_(?:(?:{x16}|local)_)?{x40}", "sgp_{h16}_{h40}"),
    shape("sourcegraph-cody-token", "Sourcegraph Cody gateway token", "slk_{h64}", before=WORD),
    shape("postman-key", "Postman API key", "PMAK-{h24}-{h34}"),
    shape("postman-collection-key", "Postman collection access key", "PMAT-{c26}"),
    shape("readme-key", "ReadMe API key", "rdme_{l70}"),
    shape("octopus-key", "Octopus Deploy API key", "API-[A-Z0-9]{25,26}", "API-{c26}", before=WORD, floor=3.0),
    shape("harness-token", "Harness token", r"(?:pat|sat)\.{u22}\.{x24}\.{w20}", "pat.{u22}.{h24}.{w20}", before=WORD),
    shape("infracost-key", "Infracost API key", "ico-{w32}", before=WORD, floor=3.0),
    shape("deno-token", "Deno Deploy token", "dd[pwo]_{w36}", "ddp_{w36}", before=WORD, floor=3.0),
    shape("prefect-token", "Prefect API token", "pn[ub]_{w36}", "pnu_{w36}", before=WORD, floor=3.0),
    shape("scalingo-token", "Scalingo API token", "tk-us-{u48}"),
    context("bitrise-token", "Bitrise token", "bitrise", "{u86}"),
)

KINDS: tuple[Kind, ...] = GITHUB + GITLAB + ATLASSIAN + REGISTRIES + PIPELINES
