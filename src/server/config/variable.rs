//! The one list of configuration variables. Reading, `liao config print` and `liao.example.toml` all follow it.

/// How much of a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Whole,
    /// All but the password of a URL.
    WithoutPassword,
    Never,
}

/// One thing that can be configured.
#[derive(Debug)]
pub struct Variable {
    /// Name in the environment.
    pub name: &'static str,
    /// Name in `liao.toml`; empty: only the environment can set it.
    pub key: &'static str,
    /// Value when nobody sets it; empty: none. `{data_dir}` stands for the data folder.
    pub default: &'static str,
    /// One or two sentences for people.
    pub doc: &'static str,
    pub shown: Shown,
}

impl Variable {
    const fn new(name: &'static str, key: &'static str, default: &'static str, doc: &'static str) -> Self {
        Self { name, key, default, doc, shown: Shown::Whole }
    }

    const fn shown(mut self, shown: Shown) -> Self {
        self.shown = shown;
        self
    }

    /// The variable of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|v| v.name == name)
    }
}

/// Every variable, in the order in which people should meet them.
pub static VARIABLES: &[Variable] = &[
    Variable::new("LIAO_CONFIG", "", "", "Path of the configuration file. Without it ./liao.toml is read where it exists."),
    Variable::new("LIAO_ADDR", "addr", "127.0.0.1:3000", "Address and port to listen on; port 0 takes a free one."),
    Variable::new(
        "LIAO_METRICS_ADDR",
        "metrics_addr",
        "",
        "Address and port where Prometheus finds /metrics; without it nobody is told. Not for the internet: it says who is asked what, and how much it costs.",
    ),
    Variable::new(
        "LIAO_OTLP_ENDPOINT",
        "otlp_endpoint",
        "",
        "Address of an OpenTelemetry collector that takes OTLP over HTTP, like http://127.0.0.1:4318; /v1/traces is added. It gets spans of requests, answers and jobs, without a word of what people write. Without it there are none.",
    )
    .shown(Shown::WithoutPassword),
    Variable::new(
        "LIAO_OTLP_HEADERS",
        "otlp_headers",
        "",
        "What it wants to be told with them: name=value, separated by commas, like authorization=Bearer%20abc.",
    )
    .shown(Shown::Never),
    Variable::new("LIAO_OTLP_SAMPLE", "otlp_sample", "1", "Which part of the traces are made: 1 is all, 0.1 one of ten."),
    Variable::new("LIAO_OTLP_SERVICE", "otlp_service", "", "What this installation is called there: \"liao\" without it."),
    Variable::new("OTEL_EXPORTER_OTLP_ENDPOINT", "", "", "The standard's name for LIAO_OTLP_ENDPOINT, which wins over it.")
        .shown(Shown::WithoutPassword),
    Variable::new("OTEL_EXPORTER_OTLP_HEADERS", "", "", "The standard's name for LIAO_OTLP_HEADERS, which wins over it.").shown(Shown::Never),
    Variable::new("OTEL_SERVICE_NAME", "", "", "The standard's name for LIAO_OTLP_SERVICE, which wins over it."),
    Variable::new("LIAO_BACKUP_PASSPHRASE", "", "", "What backups are encrypted with, at least 12 characters.").shown(Shown::Never),
    Variable::new(
        "LIAO_BACKUP_DIR",
        "backup_dir",
        "",
        "Folder into which the server makes backups by itself, encrypted with LIAO_BACKUP_PASSPHRASE. Without it there are none. Better on another disk.",
    ),
    Variable::new("LIAO_BACKUP_HOURS", "backup_hours", "24", "Hours between two of them."),
    Variable::new("LIAO_BACKUP_KEEP", "backup_keep", "7", "How many of them stay; older ones are removed."),
    Variable::new(
        "LIAO_DATA_DIR",
        "data_dir",
        "./data",
        "Folder of everything that must be kept: database, backups, models, generated secret.",
    ),
    Variable::new(
        "LIAO_DATABASE_URL",
        "database_url",
        "sqlite://{data_dir}/liao.db",
        "The database: sqlite://path, or postgres://user:password@host/name.",
    )
    .shown(Shown::WithoutPassword),
    Variable::new(
        "LIAO_REDIS_URL",
        "redis_url",
        "",
        "The line between several nodes on one PostgreSQL: redis://host:6379, or rediss:// with TLS. Without it this is the only node.",
    )
    .shown(Shown::WithoutPassword),
    Variable::new(
        "LIAO_ROLE",
        "role",
        "all",
        "What this node does: all, web (pages and APIs), worker (answers and background jobs) or gateway (the programmatic API alone).",
    ),
    Variable::new(
        "LIAO_SECRET",
        "secret",
        "",
        "At least 32 characters that keys are derived from. Without it one is generated into the data folder. \
         Putting another one here makes what is stored encrypted unreadable: `liao secret rotate` changes it.",
    )
    .shown(Shown::Never),
    Variable::new(
        "LIAO_NEW_SECRET",
        "",
        "",
        "The secret that `liao secret rotate` puts in the place of the old one; nothing else reads it.",
    )
    .shown(Shown::Never),
    Variable::new(
        "LIAO_PUBLIC_URL",
        "public_url",
        "",
        "Where browsers reach this server, like https://chat.example.org: needed behind a proxy, for secure cookies and the origin check.",
    ),
    Variable::new(
        "LIAO_TRUSTED_PROXIES",
        "trusted_proxies",
        "",
        "Addresses or networks (10.0.0.0/8), separated by commas, whose X-Forwarded-For is believed.",
    ),
    Variable::new(
        "LIAO_CORS_ORIGINS",
        "cors_origins",
        "",
        "Origins (https://app.example.org), separated by commas, whose pages may ask /api/ with a token of their own; * for every origin. Without it, only this server's pages.",
    ),
    Variable::new("LIAO_LOGIN_RATE", "login_rate", "10", "Sign-in attempts a minute that one client address may make."),
    Variable::new("LIAO_REGISTER_RATE", "register_rate", "5", "Registrations a minute that one client address may make."),
    Variable::new("LIAO_LOG", "log", "liao=info,warn,async_openai=off", "What is logged, as a tracing filter: warn, liao=debug …"),
    Variable::new("LIAO_LOG_FORMAT", "log_format", "text", "text for people, or json for machines."),
    Variable::new("LIAO_FILES_DIR", "files_dir", "{data_dir}/files", "Folder of pictures and exports, where they are not in a bucket."),
    Variable::new(
        "LIAO_UPLOADS_DIR",
        "uploads_dir",
        "{data_dir}/uploads",
        "Folder of uploads that are not whole yet. Several nodes share one, so that the rest of an upload can come to another node.",
    ),
    Variable::new("LIAO_S3_BUCKET", "s3_bucket", "", "Bucket of an S3-compatible store for pictures and exports, instead of the folder."),
    Variable::new("LIAO_S3_REGION", "s3_region", "us-east-1", "The bucket's region."),
    Variable::new("LIAO_S3_ENDPOINT", "s3_endpoint", "", "Address of the store, where it is not Amazon's: https://minio.example.org"),
    Variable::new("LIAO_S3_ACCESS_KEY", "s3_access_key", "", "Its access key.").shown(Shown::Never),
    Variable::new("LIAO_S3_SECRET_KEY", "s3_secret_key", "", "Its secret key.").shown(Shown::Never),
    Variable::new(
        "LIAO_SMTP_URL",
        "smtp_url",
        "",
        "Mail server: smtps://user:password@host, smtp://user:password@host:587?tls=required, or smtp://host:25 for a local relay. \
         Without it administrators set one in the UI; without any, mails wait in the outbox.",
    )
    .shown(Shown::WithoutPassword),
    Variable::new("LIAO_MAIL_FROM", "mail_from", "", "Who letters are from: Liao <liao@example.org>"),
    Variable::new(
        "LIAO_CLAMD",
        "clamd",
        "",
        "Virus scanner (ClamAV's clamd) that every upload goes through: host:port, or unix:/run/clamav/clamd.ctl. Without it nothing is scanned.",
    ),
    Variable::new(
        "LIAO_CLAMD_FAIL_OPEN",
        "clamd_fail_open",
        "false",
        "true takes files unscanned while the scanner does not answer; false refuses them until it does.",
    ),
    Variable::new(
        "LIAO_MODEL_FILE",
        "model_file",
        "{data_dir}/models/smollm2-135m-instruct-q4_1.gguf",
        "GGUF file of the built-in model (llama or qwen family).",
    ),
    Variable::new(
        "LIAO_MODEL_URL",
        "model_url",
        "",
        "Where to fetch it: a GGUF file, or a zip archive that holds one. Without it, a file that is named like the standard one is fetched from that one's public home.",
    ),
    Variable::new("LIAO_MODEL_SHA256", "model_sha256", "", "Checksum of the GGUF file that is fetched, in hexadecimal."),
    Variable::new(
        "LIAO_SYSTEM_PROMPT",
        "system_prompt",
        "You are a helpful assistant. Answer in the language of the question.",
        "What every conversation begins with, unseen.",
    ),
    Variable::new("LIAO_CONNECT_TIMEOUT", "connect_timeout", "10", "Seconds that a connection to a model's provider may take."),
    Variable::new(
        "LIAO_FIRST_BYTE_TIMEOUT",
        "first_byte_timeout",
        "120",
        "Seconds from a question to the first piece of its answer. Administrators may set this and the others anew for each provider.",
    ),
    Variable::new(
        "LIAO_IDLE_TIMEOUT",
        "idle_timeout",
        "120",
        "Seconds that a model's provider may be silent before the answer is given up.",
    ),
    Variable::new("LIAO_TOTAL_TIMEOUT", "total_timeout", "3600", "Seconds that a whole answer may take."),
    Variable::new(
        "LIAO_QUEUE_TIMEOUT",
        "queue_timeout",
        "60",
        "Seconds that a question may wait for its turn at a provider that answers only some at a time.",
    ),
    Variable::new(
        "LIAO_ALLOW_HOSTS",
        "allow_hosts",
        "",
        "Hosts that providers and services to sign in with may be at although they are in private networks: names (vllm.lan, *.lan), \
         addresses and networks (10.0.0.0/8), separated by commas. Addresses of this configuration are allowed anyway.",
    ),
    Variable::new("LIAO_AUTO_TITLE", "auto_title", "true", "Whether the model is asked for a title after the first answer."),
    Variable::new("LIAO_FAKE_PROVIDER", "fake_provider", "false", "true offers the scripted provider, for development and tests."),
    Variable::new("OPENAI_API_KEY", "openai_api_key", "", "Key of a provider that is offered from the start.").shown(Shown::Never),
    Variable::new("OPENAI_BASE_URL", "openai_base_url", "", "Its address, where it is not OpenAI itself: any API of OpenAI's shape.")
        .shown(Shown::WithoutPassword),
    Variable::new(
        "LIAO_OLLAMA_URL",
        "ollama_url",
        "http://127.0.0.1:11434",
        "An Ollama server, offered when it answers at start; \"off\" looks for none.",
    ),
];

/// Names of our prefix that belong to scripts and tests, and mean nothing here.
pub fn is_reserved(name: &str) -> bool {
    matches!(name, "LIAO_CACHE" | "LIAO_BIN" | "LIAO_MODEL") || name.starts_with("LIAO_TEST_") || name.starts_with("LIAO_REQUIRE_")
}
