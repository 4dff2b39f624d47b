"""Every setting of the command center: one file (`settings.toml`), overridden by `COMMAND_CENTER_*` variables.

Nested names use a double underscore: `COMMAND_CENTER_RULES__PLANNING_COST_PER_CALL=9`. Secrets (the chat model's
key, the session secret) are read from the environment only and are refused in the file.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from warehouse.errors import UsageError
from warehouse.principal import Role
from warehouse.state_database import Database
from warehouse.state_file import bind

SETTINGS_FILE_VARIABLE = "COMMAND_CENTER_SETTINGS"
DEFAULT_SETTINGS_FILE = Path("settings.toml")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rules(_Section):
    """Business rules. They are applied when the warehouse is built and travel with each snapshot."""

    leakage_window_minutes: int = Field(default=30, gt=0)
    leakage_window_long_hours: int = Field(default=24, gt=0)
    repeat_window_days: int = Field(default=7, gt=0)
    planning_cost_per_call: float = Field(default=8.00, ge=0)
    cost_per_call: float = Field(default=12.50, ge=0)
    cost_per_minute: float = Field(default=0.75, ge=0)
    digital_cost_per_interaction: float = Field(default=0.25, ge=0)
    negative_sentiment_score: float = Field(default=-0.5, ge=-1, le=1)
    high_handle_time_minutes: float = Field(default=20, gt=0)
    new_member_months: int = Field(default=12, gt=0)
    trend_days: int = Field(default=7, gt=0)
    completeness_target: float = Field(default=0.995, gt=0, le=1)
    freshness_days: int = Field(default=7, ge=0)
    estimate_target_milliseconds: float = Field(default=1000, gt=0)
    estimate_health_estimated: float = Field(default=60, ge=0)
    estimate_health_answered: float = Field(default=25, ge=0)
    estimate_health_in_time: float = Field(default=15, ge=0)

    def digest(self) -> str:
        """Eight hex characters that change when any rule does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


class Questions(_Section):
    """How questions are read when they leave something open."""

    default_window_days: int = Field(default=30, gt=0)
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    max_question_characters: int = Field(default=2000, gt=0)


class Limits(_Section):
    """What one statement may use: rows returned, seconds, megabytes. `workers` processes run them, kept warm."""

    rows: int = Field(default=1000, gt=0)
    seconds: float = Field(default=10, gt=0)
    memory_mb: int = Field(default=512, ge=64)
    worker_memory_mb: int = Field(default=2000, ge=512)
    workers: int = Field(default=2, ge=1, le=4)
    reply_mb: int = Field(default=4, ge=1)
    small_cell: int = Field(default=11, ge=1)
    round_members_to: int = Field(default=1, ge=1, le=100)
    statements_per_day: int = Field(default=5000, ge=1)
    remember_days: int = Field(default=30, ge=1)


class BuildSettings(_Section):
    """What a build may use and keep, and how events are cut into partitions of whole days.

    The last `hot_days` days of at least `hot_rows` rows are partitions of their own; older days share
    partitions of about `partition_rows` rows, the most that a build holds in memory at once.
    """

    memory_mb: int = Field(default=3000, ge=256)
    threads: int = Field(default=2, ge=1)
    keep_snapshots: int = Field(default=10, ge=1)
    keep_days: int = Field(default=30, ge=0)
    partition_rows: int = Field(default=4_000_000, ge=1)
    hot_rows: int = Field(default=50_000, ge=1)
    hot_days: int = Field(default=9, ge=1)


class Audit(_Section):
    """How long the audit trail is kept (HIPAA asks for six years; 0 keeps it for ever), and how it is written.

    With `sync_each_record` the disk has a record before its statement runs, otherwise within a second: it costs
    a disk's write for each record and guards against a power failure.
    """

    keep_days: int = Field(default=2192, ge=0)
    sync_each_record: bool = False


class Spark(_Section):
    """Where `build --engine spark` runs. Without `remote` it is a local Spark.

    `remote` is a Spark Connect address (sc://host:port/;parameter=value), `exchange` a folder that this machine
    and the cluster both reach, `exchange_address` what the cluster calls it (for example dbfs:/Volumes/c/s/v).
    """

    remote: str = ""
    exchange: Path | None = None
    exchange_address: str = ""


class ChatModel(_Section):
    """Which chat model the agents speak to. `embedded` needs no key and no network.

    `timeout_seconds` bounds one reply of a service with its retries. With `fallback` the embedded planner answers
    when the service cannot. Prices are dollars for a million tokens; a daily limit of 0 is none. `recording` is
    what a recorded chat model replays; another one writes down there what it says. `prompts` is a folder whose
    prompts take the place of those of the same name in `prompts/`.
    """

    kind: Literal["embedded", "service", "recorded"] = "embedded"
    base_url: str = ""
    model: str = ""
    timeout_seconds: float = Field(default=30, gt=0)
    max_retries: int = Field(default=2, ge=0)
    streaming: bool = False
    fallback: bool = True
    rows_in_prompts: bool = False
    input_price: float = Field(default=0, ge=0)
    output_price: float = Field(default=0, ge=0)
    tokens_per_user_day: int = Field(default=0, ge=0)
    cost_per_user_day: float = Field(default=0, ge=0)
    recording: Path | None = None
    prompts: Path | None = None


class Server(_Section):
    """Where the web process listens, how long a sign-in lasts and how much one person may ask of it.

    A proxy in front of it is believed about a caller's address only when its own is in `trusted_proxies`
    (addresses or networks); `public_url` is then the address that browsers see.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s?#]+)?$")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    session_hours: float = Field(default=8, gt=0)
    idle_minutes: float = Field(default=30, gt=0)
    purpose_minutes: float = Field(default=60, gt=0)
    break_glass_minutes: float = Field(default=30, gt=0)
    requests_per_minute: float = Field(default=600, gt=0)
    questions_per_minute: float = Field(default=30, gt=0)
    secure_cookies: bool = False
    stale_after_minutes: float = Field(default=1500, gt=0)
    shutdown_seconds: float = Field(default=20, ge=0)

    @property
    def https(self) -> bool:
        """Whether browsers reach it by TLS: cookies are then kept to it."""
        return self.secure_cookies or self.public_url.startswith("https://")


class Identity(_Section):
    """Who says who somebody is: our own passwords, a proxy's headers, or an OpenID Connect provider.

    `roles` maps a group of the proxy or provider to a role (the first that matches counts); members of
    `admin_groups` manage users; `attributes` maps a row filter to the header or claim that holds its value.
    """

    kind: Literal["password", "header", "oidc"] = "password"
    roles: dict[str, Role] = Field(default_factory=dict)
    admin_groups: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)
    user_header: str = "X-Forwarded-User"
    groups_header: str = "X-Forwarded-Groups"
    secret_header: str = "X-Proxy-Secret"
    issuer: str = ""
    client_id: str = ""
    scopes: str = "openid profile"
    user_claim: str = "preferred_username"
    groups_claim: str = "groups"


class Scout(_Section):
    """When the daily scan and its briefing run by themselves in the server, and what the briefing holds.

    `schedule` is a cron line of five fields read in `time_zone`. Without one the server still makes the briefing
    of the day that it serves, `first_after_seconds` after its start (0: never), and delivers nothing.
    `false_incidents_per_day` bounds how many incidents a day a quiet company would show, over the whole scan.
    """

    false_incidents_per_day: float = Field(default=0.1, gt=0, le=10)
    schedule: str = ""
    first_after_seconds: float = Field(default=15.0, ge=0, le=86_400)
    time_zone: str = "UTC"
    items: int = Field(default=5, ge=1, le=5)
    catch_up_days: int = Field(default=7, ge=0, le=60)
    resolved_after_days: int = Field(default=2, ge=1, le=14)


class Health(_Section):
    """The levels of the health indicators, over the last `rules.trend_days` complete days.

    An indicator that is over its level stays so until it has come back by `clear_margin` of that level.
    """

    repeat_call_rate_red: float = Field(default=0.25, gt=0, lt=1)
    negative_emotion_rate_red: float = Field(default=0.35, gt=0, lt=1)
    digital_success_rate_red: float = Field(default=0.70, gt=0, lt=1)
    handle_time_minutes_amber: float = Field(default=15, gt=0)
    daily_cost_trend_red: float = Field(default=0.10, gt=0)
    clear_margin: float = Field(default=0.05, ge=0, lt=0.5)


class Delivery(_Section):
    """How briefings and alerts leave the house: mail server, retries, the folder of files.

    `webhooks` and the mail server's password are secrets: COMMAND_CENTER_WEBHOOKS (a JSON object of a name and
    its address each) and COMMAND_CENTER_SMTP_PASSWORD.
    """

    sender: str = Field(default="", pattern=r"^([^@\s<>]+@[^@\s<>]+)?$")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, gt=0, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    timeout_seconds: float = Field(default=20, gt=0)
    attempts: int = Field(default=4, ge=1, le=10)
    first_wait_seconds: float = Field(default=2, ge=0)
    longest_wait_seconds: float = Field(default=60, ge=0)
    folder: Path | None = None


class Tickets(_Section):
    """Where approved actions become tickets: names of COMMAND_CENTER_WEBHOOKS, by the action's owner.

    `webhook` takes those of owners that are not listed; with neither, no ticket is sent. `shapes` names the layout
    that a webhook takes, `values` fills places of the layouts (project = "CX"). `idempotent`: the trackers look at
    `Idempotency-Key`, so a ticket that may have arrived can be sent again. COMMAND_CENTER_TICKET_SECRET signs.
    """

    webhook: str = ""
    owners: dict[str, str] = Field(default_factory=dict)
    shapes: dict[str, Literal["plain", "jira", "servicenow", "crm"]] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    idempotent: bool = False

    @property
    def configured(self) -> bool:
        """Whether tickets are sent at all."""
        return bool(self.webhook or self.owners)

    def webhook_of(self, owner: str) -> str:
        """The name of the webhook that an owner's tickets go to; empty for none."""
        return self.owners.get(owner, self.webhook)


class Review(_Section):
    """Reviews of verified queries: whether a data engineer may approve what they have proposed themselves."""

    own_approval: bool = False


class DatabaseSettings(_Section):
    """Where operational state lies: empty for SQLite files under `var`, or SQLAlchemy's address of PostgreSQL.

    An address with a password is taken from the environment only; COMMAND_CENTER_DATABASE_PASSWORD adds one.
    The names of its schemas there begin with `prefix`.
    """

    url: SecretStr = SecretStr("")
    prefix: str = Field(default="command_center", pattern=r"^[a-z][a-z0-9_]{0,39}$")

    @field_validator("url")
    @classmethod
    def _postgres(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith("postgresql+psycopg://"):
            raise ValueError("it must begin with postgresql+psycopg:// (or be empty, for files)")
        return url


class CompanyFiles(_Section):
    """Another company's semantic model (a folder) and its DuckDB file, asked instead of the member warehouse."""

    model: Path | None = None
    warehouse: Path | None = None


class Settings(BaseSettings):
    """All settings, validated at start; an unknown or impossible one is refused with its name."""

    model_config = SettingsConfigDict(
        env_prefix="COMMAND_CENTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    var: Path = Path("var")
    rules: Rules = Rules()
    questions: Questions = Questions()
    limits: Limits = Limits()
    build: BuildSettings = BuildSettings()
    audit: Audit = Audit()
    spark: Spark = Spark()
    chat_model: ChatModel = ChatModel()
    server: Server = Server()
    identity: Identity = Identity()
    company: CompanyFiles = CompanyFiles()
    database: DatabaseSettings = DatabaseSettings()
    review: Review = Review()
    scout: Scout = Scout()
    health: Health = Health()
    delivery: Delivery = Delivery()
    tickets: Tickets = Tickets()
    api_key: SecretStr | None = None
    session_secret: SecretStr | None = None
    identity_secret: SecretStr | None = None
    spark_token: SecretStr | None = None
    smtp_password: SecretStr | None = None
    metrics_token: SecretStr | None = None
    database_password: SecretStr | None = None
    ticket_secret: SecretStr | None = None
    webhooks: dict[str, SecretStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _state_in_its_place(self) -> Self:
        if url := self.database.url.get_secret_value():
            password = self.database_password.get_secret_value() if self.database_password else ""
            bind(self.state, Database(url, self.database.prefix, password))
        return self

    @property
    def warehouse(self) -> Path:
        """The default warehouse folder."""
        return self.var / "warehouse"

    @property
    def state(self) -> Path:
        """The folder of operational state: sign-ins, threads, answers, audit, feedback."""
        return self.var / "state"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _settings_file())


def _settings_file() -> Path:
    return Path(os.environ.get(SETTINGS_FILE_VARIABLE, DEFAULT_SETTINGS_FILE))


def load_settings(**overrides: Any) -> Settings:
    """Read and check the settings. Raises UsageError (exit 2) that names the file and the setting."""
    file = _settings_file()
    if SETTINGS_FILE_VARIABLE in os.environ and not file.is_file():
        raise UsageError("The settings file does not exist.", where=str(file), next_step="Correct the path.")
    try:
        _refuse_secrets(file)
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(
            f"A setting is not valid: {problems}.",
            where=f"{file} or COMMAND_CENTER_* variables",
            next_step="Correct it; settings.toml documents every setting.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"The settings file is not valid TOML: {error}.", where=str(file), next_step="Correct the line."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The settings file cannot be read as UTF-8 text.", where=str(file), next_step="Correct the file."
        ) from error


def _refuse_secrets(file: Path) -> None:
    if not file.is_file():
        return
    secrets = {
        "api_key",
        "session_secret",
        "identity_secret",
        "spark_token",
        "smtp_password",
        "metrics_token",
        "database_password",
        "ticket_secret",
        "webhooks",
    }
    said = tomllib.loads(file.read_text())
    found = secrets & said.keys()
    database = said.get("database")
    if isinstance(database, dict) and urlsplit(str(database.get("url", ""))).password:
        found |= {"database_password"}
    if found:
        names = ", ".join(f"COMMAND_CENTER_{name.upper()}" for name in sorted(found))
        raise UsageError(
            "Secrets do not belong in the settings file.", where=str(file), next_step=f"Use {names} instead."
        )
