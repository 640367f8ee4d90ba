-- The sandbox's store. Moments are Unix seconds: of the installation's clock, except in webhook, step and typing_until.

CREATE TABLE IF NOT EXISTS node (id TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS option (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS business (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, verification_status TEXT NOT NULL, limit_tier TEXT NOT NULL,
  created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS waba (
  id TEXT PRIMARY KEY, business_id TEXT NOT NULL, name TEXT NOT NULL, currency TEXT NOT NULL,
  timezone_id TEXT NOT NULL, country TEXT, namespace TEXT NOT NULL, review_status TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'ACTIVE', ban_state TEXT, restrictions TEXT NOT NULL DEFAULT '[]',
  subscribed INTEGER NOT NULL DEFAULT 0, override_uri TEXT, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS waba_business ON waba (business_id);
CREATE TABLE IF NOT EXISTS number (
  id TEXT PRIMARY KEY, waba_id TEXT NOT NULL, digits TEXT NOT NULL, verified_name TEXT NOT NULL,
  name_status TEXT NOT NULL DEFAULT 'NONE', new_display_name TEXT, new_name_status TEXT, name_decided_at REAL,
  code_status TEXT NOT NULL DEFAULT 'NOT_VERIFIED', status TEXT NOT NULL DEFAULT 'PENDING',
  registered INTEGER NOT NULL DEFAULT 0, pin TEXT, quality TEXT NOT NULL DEFAULT 'UNKNOWN',
  throughput TEXT NOT NULL DEFAULT 'STANDARD', oba_status TEXT NOT NULL DEFAULT 'NOT_STARTED', oba_decided_at REAL,
  migrating INTEGER NOT NULL DEFAULT 0, override_uri TEXT, profile TEXT NOT NULL DEFAULT '{}',
  settings TEXT NOT NULL DEFAULT '{}', last_onboarded_at REAL, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS number_waba ON number (waba_id);
CREATE INDEX IF NOT EXISTS number_digits ON number (digits);
CREATE TABLE IF NOT EXISTS number_event (number_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS number_event_when ON number_event (number_id, kind, at);
CREATE TABLE IF NOT EXISTS taken (digits TEXT PRIMARY KEY, why TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code (
  number_id TEXT PRIMARY KEY, code TEXT NOT NULL, method TEXT NOT NULL, at REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sms (
  id INTEGER PRIMARY KEY, digits TEXT NOT NULL, method TEXT NOT NULL, text TEXT NOT NULL, code TEXT NOT NULL,
  at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS template (
  id TEXT PRIMARY KEY, waba_id TEXT NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL, category TEXT NOT NULL,
  previous_category TEXT, correct_category TEXT, sub_category TEXT, parameter_format TEXT NOT NULL, components TEXT NOT NULL,
  status TEXT NOT NULL, rejected_reason TEXT NOT NULL DEFAULT 'NONE', quality TEXT NOT NULL DEFAULT 'UNKNOWN',
  quality_at REAL, library_template_name TEXT, ttl INTEGER, pauses INTEGER NOT NULL DEFAULT 0, paused_until REAL,
  deleted_at REAL, created_at REAL NOT NULL, changed_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS template_waba ON template (waba_id, name, language);
CREATE TABLE IF NOT EXISTS template_event (template_id TEXT NOT NULL, waba_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS template_event_when ON template_event (waba_id, kind, at);
CREATE TABLE IF NOT EXISTS upload (
  id TEXT PRIMARY KEY, mime TEXT NOT NULL, length INTEGER NOT NULL, name TEXT, handle TEXT, media_id TEXT,
  created_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS media (
  id TEXT PRIMARY KEY, number_id TEXT, mime TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, filename TEXT,
  source TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS customer (
  id INTEGER PRIMARY KEY, digits TEXT NOT NULL UNIQUE, name TEXT NOT NULL, username TEXT, hides_phone INTEGER NOT NULL DEFAULT 0,
  on_whatsapp INTEGER NOT NULL DEFAULT 1, auto_read INTEGER NOT NULL DEFAULT 1, made_by_hand INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS identity (user_id TEXT PRIMARY KEY, customer_id INTEGER NOT NULL, business_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chat (
  number_id TEXT NOT NULL, customer_id INTEGER NOT NULL, last_inbound_at REAL, last_at REAL, unread INTEGER NOT NULL DEFAULT 0,
  blocked_by_customer INTEGER NOT NULL DEFAULT 0, blocked_by_business INTEGER NOT NULL DEFAULT 0,
  marketing_stopped INTEGER NOT NULL DEFAULT 0, referral_at REAL, free_until REAL, typing_until REAL,
  PRIMARY KEY (number_id, customer_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chat_customer ON chat (customer_id, last_at);
CREATE TABLE IF NOT EXISTS message (
  id TEXT PRIMARY KEY, number_id TEXT NOT NULL, customer_id INTEGER NOT NULL, outbound INTEGER NOT NULL, type TEXT NOT NULL,
  body TEXT NOT NULL, at REAL NOT NULL, seq INTEGER NOT NULL, status TEXT, template_id TEXT, category TEXT, pricing TEXT,
  reference TEXT, error TEXT, reply_to TEXT, reaction_in TEXT, reaction_out TEXT, answered TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_chat ON message (customer_id, number_id, seq);
CREATE INDEX IF NOT EXISTS message_reference ON message (reference) WHERE reference IS NOT NULL;
CREATE TABLE IF NOT EXISTS reached (
  business_id TEXT NOT NULL, customer_id INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (business_id, customer_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS step (id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, status TEXT NOT NULL, due REAL NOT NULL);
CREATE TABLE IF NOT EXISTS review (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, due_at REAL, created_at REAL NOT NULL,
  decision TEXT, reason TEXT, decided_at REAL, decided_by TEXT);
CREATE INDEX IF NOT EXISTS review_open ON review (decision, due_at);
CREATE TABLE IF NOT EXISTS webhook (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL, stream TEXT NOT NULL, field TEXT NOT NULL, entry TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, created_at REAL NOT NULL,
  answer TEXT, delivered_at REAL);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (state, next_at);
CREATE TABLE IF NOT EXISTS fault (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, remaining INTEGER, seconds REAL NOT NULL DEFAULT 0,
  hits INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS qrdl (
  code TEXT PRIMARY KEY, number_id TEXT NOT NULL, prefilled_message TEXT NOT NULL, created_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signup (
  id TEXT PRIMARY KEY, launch TEXT NOT NULL, screen TEXT NOT NULL, answers TEXT NOT NULL DEFAULT '{}',
  created_at REAL NOT NULL, ended TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signup_code (
  code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, waba_id TEXT NOT NULL, scopes TEXT NOT NULL, at REAL NOT NULL,
  used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token_grant (
  token TEXT NOT NULL, waba_id TEXT NOT NULL, scopes TEXT NOT NULL, PRIMARY KEY (token, waba_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS business_app (number_id TEXT PRIMARY KEY) WITHOUT ROWID;
