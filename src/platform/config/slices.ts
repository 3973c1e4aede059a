import { z } from 'zod';
import { DATABASE_URL_FORM, hostsOf } from '../database/hosts.js';

/**
 * The settings of the program, one slice for each module that needs some. There is no object that holds them all in
 * the running program: a module is given its slice under the token beside it, and cannot read another's.
 *
 * Every field has a default that works on a fresh machine, except what only the operator can know.
 */

const durationMs = (least: number, most: number): z.ZodNumber => z.int().min(least).max(most);
const filePath = z.string().min(1);
const kibibyte = 1024;
const mebibyte = 1024 * 1024;

/** A slice whose key file has been given its place in dataDir when the operator named none. */
type WithKeyFile<S extends z.ZodObject> = Omit<z.output<S>, 'keyFile'> & { readonly keyFile: string };

/** A value that never appears in a message. */
const secret = <S extends z.ZodType>(schema: S): S => schema.meta({ secret: true });

export const instanceSchema = z.strictObject({
  /** Origin under which people reach the pages; links in mails begin with it. */
  publicUrl: z
    .string()
    .regex(/^https?:\/\/[^/?#@\s]+$/, 'an address like https://example.org, without a path or a slash at the end')
    .default('http://localhost:8080'),
  /** Everything this program keeps on disk outside an external database. */
  dataDir: filePath.default('.jardam'),
  /** Which parts of the program run in this process. */
  roles: z.array(z.enum(['http', 'engine', 'telegram'])).min(1).default(['http', 'engine', 'telegram']),
  /** Built pages; the default is found beside the built program. */
  webDir: filePath.optional(),
  /** The pages say that everybody here is invented. */
  demo: z.boolean().default(false),
});
export type InstanceConfig = z.output<typeof instanceSchema>;
export const INSTANCE_CONFIG = Symbol('InstanceConfig');

export const databaseSchema = z.strictObject({
  /** External PostgreSQL 15 or newer; several hosts are servers of one cluster, of which the primary is used. Without it
   *  the program starts the one that it brings along. */
  url: secret(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'an address that begins with postgresql://')
      .refine((url) => hostsOf(url) !== null, DATABASE_URL_FORM),
  ).optional(),
  /** File that holds nothing but the password for `url`, so that the address itself is no secret. */
  passwordFile: filePath.optional(),
  poolSize: z.int().min(2).max(200).default(20),
  statementTimeoutMs: durationMs(1_000, 600_000).default(30_000),
});
/** As modules get it: the password is in `url`. */
export type DatabaseConfig = Omit<z.output<typeof databaseSchema>, 'passwordFile'>;
export const DATABASE_CONFIG = Symbol('DatabaseConfig');

export const httpSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(8080),
  /** A TLS proxy stands in front: send Strict-Transport-Security. */
  behindTls: z.boolean().default(false),
  /** Largest sealed message: 64 slots with a payload of 256 KiB fit. */
  submissionLimitBytes: z.int().min(32 * kibibyte).max(4 * mebibyte).default(512 * kibibyte),
  /** Largest part of an attachment in one request. */
  chunkLimitBytes: z.int().min(64 * kibibyte).max(16 * mebibyte).default(mebibyte),
  /** Largest JSON body: rosters and vaults fit. */
  jsonLimitBytes: z.int().min(16 * kibibyte).max(8 * mebibyte).default(mebibyte),
});
export type HttpConfig = z.output<typeof httpSchema>;
export const HTTP_CONFIG = Symbol('HttpConfig');

export const metricsSchema = z.strictObject({
  /** Port for Prometheus on a listener of its own; without it there is none. */
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).default('127.0.0.1'),
});
export type MetricsConfig = z.output<typeof metricsSchema>;
export const METRICS_CONFIG = Symbol('MetricsConfig');

export const mailSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(1).max(65_535).default(25),
  /** "tls": from the first byte (465). "starttls": required before anything else (587). "none": only to this machine. */
  security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
  user: z.string().min(1).optional(),
  /** File that holds nothing but the password: a password in a variable or on a command line is seen by others. */
  passwordFile: filePath.optional(),
  /** File with the certificate authority of the mail server, when the system does not know it. */
  caFile: filePath.optional(),
  from: z.string().regex(/^[^\s@<>]+@[^\s@<>]+$/, 'a bare mail address like notice@example.org').default('notice@localhost'),
  /** Name shown beside the address; neutral, because a mailbox is seen over a shoulder. */
  fromName: z.string().min(1).max(60).default('Notice'),
  /** How this host names itself to the mail server; never the machine's own name. */
  helloName: z.string().regex(/^[A-Za-z0-9.[\]:-]+$/, 'a host name').default('localhost'),
  connectTimeoutMs: durationMs(500, 60_000).default(5_000),
  socketTimeoutMs: durationMs(500, 60_000).default(10_000),
  /** Mails return to signed addresses of this domain when it is set; its MX must lead to the bounce listener. */
  bounceDomain: z.string().regex(/^[a-z0-9.-]+$/, 'a domain name in lower case').optional(),
  /** Where this process takes returned mails. */
  bounceHost: z.string().min(1).default('127.0.0.1'),
  bouncePort: z.int().min(0).max(65_535).default(2525),
});
export type MailConfig = z.output<typeof mailSchema>;
export const MAIL_CONFIG = Symbol('MailConfig');

/** "10.1.0.0/16": an address and the length of its prefix. Who uses it checks the rest. */
const network = z.string().regex(/^[0-9A-Fa-f:.]+\/\d{1,3}$/, 'a network like 10.1.0.0/16');

export const outboundSchema = z.strictObject({
  /** Private networks that webhooks and push services may be in. All others are refused, whatever their name says. */
  allowedNetworks: z.array(network).max(32).default([]),
  /** File with the certificate authority of receivers that the system does not know. */
  caFile: filePath.optional(),
});
export type OutboundConfig = z.output<typeof outboundSchema>;
export const OUTBOUND_CONFIG = Symbol('OutboundConfig');

export const webPushSchema = z.strictObject({
  /** Whom a push service may ask about us (RFC 8292). Without it no device can be notified, and the desk does not offer it. */
  subject: z.string().regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s]+)$/, 'mailto:name@example.org or an https address').optional(),
});
export type WebPushConfig = z.output<typeof webPushSchema>;
export const WEB_PUSH_CONFIG = Symbol('WebPushConfig');

export const engineSchema = z.strictObject({
  /** Twice a second: after a process is killed, another must take its timers up within one. A look at a million open
   *  alerts costs a tenth of a millisecond. */
  tickIntervalMs: durationMs(50, 10_000).default(500),
  /** How often overdue timers are sought without a lower bound of time (see docs/escalation.md). */
  sweepIntervalMs: durationMs(1_000, 600_000).default(30_000),
  batchSize: z.int().min(1).max(5_000).default(500),
  /** A sender that is not heard of for this long has lost its delivery to another one. */
  sendLeaseMs: durationMs(1_000, 600_000).default(30_000),
  sendTimeoutMs: durationMs(500, 120_000).default(10_000),
  /** Deliveries that one process sends at the same time; each has a connection of its own (Postfix allows 50). */
  sendConcurrency: z.int().min(1).max(200).default(40),
});
export type EngineConfig = z.output<typeof engineSchema>;
export const ENGINE_CONFIG = Symbol('EngineConfig');

export const gatekeeperSchema = z.strictObject({
  /** Key under which release keys are stored; outside the database and its backups. Default: dataDir/keys. */
  keyFile: filePath.optional(),
});
export type GatekeeperConfig = WithKeyFile<typeof gatekeeperSchema>;
export const GATEKEEPER_CONFIG = Symbol('GatekeeperConfig');

export const contactsSchema = z.strictObject({
  /** Key under which the addresses of responders are stored. Default: dataDir/keys. */
  keyFile: filePath.optional(),
});
export type ContactsConfig = WithKeyFile<typeof contactsSchema>;
export const CONTACTS_CONFIG = Symbol('ContactsConfig');

export const admissionSchema = z.strictObject({
  /** Key behind the proof-of-work challenges and the answers to unknown receipts. Default: dataDir/keys. */
  keyFile: filePath.optional(),
  /** Reports in one window that cost nothing: thirty people behind one address must all get through. */
  freePerWindow: z.int().min(30).max(100_000).default(60),
  windowMs: durationMs(10_000, 3_600_000).default(600_000),
  /** Hardest proof of work asked of a client, in leading zero bits: 5 s on an old phone. */
  maxBits: z.int().min(0).max(16).default(16),
  challengeLifetimeMs: durationMs(10_000, 3_600_000).default(600_000),
});
export type AdmissionConfig = WithKeyFile<typeof admissionSchema>;
export const ADMISSION_CONFIG = Symbol('AdmissionConfig');

export const watchingSchema = z.strictObject({
  /** A dead-man's switch outside (healthchecks and the like) that raises the alarm when it hears nothing. Its path is a
   *  secret. Without it nobody outside notices when this machine is gone. */
  heartbeatUrl: secret(
    z.string().regex(/^https:\/\/[^\s#@]+$|^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?\/[^\s#@]*$/, 'an https:// address without a user name, or an http:// address of this machine'),
  ).optional(),
  heartbeatMethod: z.enum(['GET', 'POST']).default('GET'),
  /** How often the switch hears of us while the audit finds nothing; let it wait for three times as long. */
  heartbeatIntervalMs: durationMs(1_000, 3_600_000).default(60_000),
  /** Synthetic reports to a robot of ours, in one instance only; first `jardam robot enrol`. */
  robot: z.boolean().default(false),
  robotIntervalMs: durationMs(2_000, 3_600_000).default(300_000),
  /** Origin through which the robot reports and answers; by default publicUrl, so that the proxy in front is tried, too. */
  robotUrl: z.string().regex(/^https?:\/\/[^/?#@\s]+$/, 'an address like https://example.org, without a path or a slash at the end').optional(),
  /** Where the robot's mail comes in; the MX of its domain leads here. */
  robotMailHost: z.string().min(1).default('127.0.0.1'),
  robotMailPort: z.int().min(0).max(65_535).default(2526),
});
export type WatchingConfig = z.output<typeof watchingSchema>;
export const WATCHING_CONFIG = Symbol('WatchingConfig');

export const retentionSchema = z.strictObject({
  attachmentLimitBytes: z.int().min(mebibyte).max(64 * mebibyte).default(25 * mebibyte),
  attachmentsPerAlert: z.int().min(0).max(100).default(5),
  /** Files announced in 24 hours, all alerts together; S1 has a second budget of the same size. A full disk would stop
   *  alerts, and an alert matters more than its files. */
  attachmentBytesPerDay: z.int().min(64 * mebibyte).max(1024 * 1024 * mebibyte).default(8 * 1024 * mebibyte),
  replyLifetimeMs: durationMs(3_600_000, 90 * 86_400_000).default(14 * 86_400_000),
});
export type RetentionConfig = z.output<typeof retentionSchema>;
export const RETENTION_CONFIG = Symbol('RetentionConfig');

/** Token of a bot as BotFather gives it. */
const botTokenPattern = /^\d{5,20}:[A-Za-z0-9_-]{20,100}$/;

export const telegramSchema = z.strictObject({
  /** Token of the bot. Only as a variable; in a file, say tokenFile. Without a token there is no bot. */
  token: secret(z.string().regex(botTokenPattern, 'the token that BotFather gave')).optional(),
  /** File that holds nothing but the token. */
  tokenFile: filePath.optional(),
  /** "polling" needs no public address; "webhook" has Telegram call instance.publicUrl. */
  receive: z.enum(['polling', 'webhook']).default('polling'),
  /** Where the Bot API is; another one when Telegram's own server runs beside this program. */
  apiRoot: z.string().regex(/^https?:\/\/[^?#\s]*[^/?#\s]$/, 'an address without a slash at the end').default('https://api.telegram.org'),
  /** SOCKS proxy on the way to Telegram, like socks5h://127.0.0.1:9050; may hold a password. */
  proxy: secret(z.string().regex(/^socks(4a?|5h?)?:\/\/\S+$/, 'an address that begins with socks5h://')).optional(),
  /** How long Telegram may hold a question for updates open. Below a minute: a check-in's silence counts only while the
   *  channel was heard of within two. */
  pollTimeoutMs: durationMs(1_000, 55_000).default(50_000),
  sendTimeoutMs: durationMs(500, 60_000).default(10_000),
  /** The newest of several corrections or places within this time is handed over. */
  coalesceMs: durationMs(0, 300_000).default(20_000),
  /** Key under which Telegram user ids are stored. Default: dataDir/keys. */
  keyFile: filePath.optional(),
});
/** As modules get it: the token of the file is in `token`. */
export type TelegramConfig = Omit<WithKeyFile<typeof telegramSchema>, 'tokenFile'>;
export const TELEGRAM_CONFIG = Symbol('TelegramConfig');

export const loggingSchema = z.strictObject({
  format: z.enum(['plain', 'json']).default('plain'),
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
});
export type LoggingConfig = z.output<typeof loggingSchema>;
export const LOGGING_CONFIG = Symbol('LoggingConfig');

/** Every slice with its token, in the order in which an operator meets them. */
export const slices = {
  instance: { schema: instanceSchema, token: INSTANCE_CONFIG },
  database: { schema: databaseSchema, token: DATABASE_CONFIG },
  http: { schema: httpSchema, token: HTTP_CONFIG },
  metrics: { schema: metricsSchema, token: METRICS_CONFIG },
  mail: { schema: mailSchema, token: MAIL_CONFIG },
  outbound: { schema: outboundSchema, token: OUTBOUND_CONFIG },
  webPush: { schema: webPushSchema, token: WEB_PUSH_CONFIG },
  engine: { schema: engineSchema, token: ENGINE_CONFIG },
  gatekeeper: { schema: gatekeeperSchema, token: GATEKEEPER_CONFIG },
  contacts: { schema: contactsSchema, token: CONTACTS_CONFIG },
  admission: { schema: admissionSchema, token: ADMISSION_CONFIG },
  watching: { schema: watchingSchema, token: WATCHING_CONFIG },
  retention: { schema: retentionSchema, token: RETENTION_CONFIG },
  telegram: { schema: telegramSchema, token: TELEGRAM_CONFIG },
  logging: { schema: loggingSchema, token: LOGGING_CONFIG },
} as const;

export type SliceName = keyof typeof slices;

/** All slices together: exists only between reading the configuration and handing the slices out. */
export type ServiceConfig = Omit<{ readonly [Name in SliceName]: z.output<(typeof slices)[Name]['schema']> }, 'gatekeeper' | 'contacts' | 'admission' | 'telegram'> & {
  readonly gatekeeper: GatekeeperConfig;
  readonly contacts: ContactsConfig;
  readonly admission: AdmissionConfig;
  readonly telegram: TelegramConfig;
};

/** What a configuration file, a test or the demo may say: any part of any slice. */
export type ServiceConfigInput = { readonly [Name in SliceName]?: Partial<z.input<(typeof slices)[Name]['schema']>> };
