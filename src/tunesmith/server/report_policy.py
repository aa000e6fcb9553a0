"""The content security policy of a report page, which has styles and a script of its own."""

from tunesmith.report.pages.page import script_digest

_POLICY = (
    "sandbox allow-scripts",
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


def report_policy() -> str:
    """Return the policy: only the script of the report runs, without access to this server.

    The sandbox gives the page an origin of its own. A report of another version shows without its
    script, because its digest is another.

    Examples
    --------
    >>> report_policy().startswith("sandbox allow-scripts; default-src 'none';")
    True
    """
    return "; ".join([*_POLICY, f"script-src 'sha256-{script_digest()}'"])
