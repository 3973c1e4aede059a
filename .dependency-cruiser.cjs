// The rules of ARCHITECTURE.md that a tool can hold. test/unit/dependency-rules.spec.ts plants a violation of each
// and sees it caught. Types count as imports: a cycle of types crashes at run time as soon as one becomes a value.

const SPEC = '\\.spec\\.tsx?$';
const PROTOCOL = '(^packages/protocol/|^@jardam/protocol)';

/** The audit surface: what the protocol may use. Adding one here needs a reason in docs/dependencies.md. */
const PROTOCOL_ALLOWLIST = ['@noble/ciphers', '@noble/curves', '@noble/hashes', '@noble/post-quantum', 'libsodium-wrappers', 'libsodium-wrappers-sumo'];

/** The places that put the program together and so may know every module. */
const ROOTS = '^src/(app\\.module|service|main)\\.ts$|^src/(cli|demo)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two files that import each other are one file, or a seam is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'An import that resolves only by luck compiles and tests green, and does not boot.',
      severity: 'error',
      from: { pathNot: SPEC },
      to: { couldNotResolve: true, pathNot: ['^@jardam/protocol', '^catalogue:', '\\?(worker|url|raw|inline)'] },
    },
    {
      name: 'protocol-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/protocol/src/' },
      to: { path: '^(src|web|migrations|test|bench|config|locales)/' },
    },
    {
      name: 'protocol-allowlist',
      comment: 'Every package here is code that an auditor of the cryptography has to read.',
      severity: 'error',
      from: { path: '^packages/protocol/src/', pathNot: SPEC },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'],
        pathNot: `node_modules/(${PROTOCOL_ALLOWLIST.join('|')})/`,
      },
    },
    {
      name: 'domain-imports-only-protocol',
      // Temporal is arithmetic over the zone rules that Node brings along: the same arguments give the same instant. Its
      // clock (Temporal.Now) is forbidden by ESLint.
      comment: 'Decisions are pure: no Nest, no TypeORM, no clock, no randomness.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: SPEC },
      to: { pathNot: ['^src/domain/', PROTOCOL, 'node_modules/temporal-polyfill/'] },
    },
    {
      name: 'channels-stand-alone',
      comment: 'A coalition can add or remove a channel without touching another.',
      severity: 'error',
      from: { path: '^src/delivery/channels/([^/.]+)', pathNot: SPEC },
      to: { path: '^src/delivery/channels/', pathNot: '^src/delivery/channels/$1' },
    },
    {
      name: 'web-imports-no-server',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|migrations|test|bench)/' },
    },
    {
      name: 'server-imports-no-web',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: SPEC },
      to: { path: '^(web|test|bench)/' },
    },
    {
      name: 'defender-and-desk-stand-alone',
      comment: 'A page loads only what it needs; what both need is in web/common.',
      severity: 'error',
      from: { path: '^web/(defender|desk)/', pathNot: SPEC },
      to: { path: '^web/(defender|desk|telegram)/', pathNot: '^web/$1/' },
    },
    {
      name: 'mini-app-is-the-defenders-client',
      comment: 'It is the defender’s client with a chat around it; responders’ keys never come near Telegram.',
      severity: 'error',
      from: { path: '^web/telegram/', pathNot: SPEC },
      to: { path: '^web/desk/' },
    },
    {
      name: 'common-knows-no-page',
      severity: 'error',
      from: { path: '^web/common/', pathNot: SPEC },
      to: { path: '^web/(defender|desk|telegram)/' },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'What a migration imports changes later, and then the migration means something else.',
      severity: 'error',
      from: { path: '^migrations/', pathNot: SPEC },
      to: { path: '^(src|packages|web)/|^@jardam/' },
    },
    {
      name: 'only-roots-know-every-module',
      severity: 'error',
      from: { path: '^src/', pathNot: [ROOTS, SPEC] },
      to: { path: '^src/(app\\.module|service|main)\\.ts$|^src/(cli|demo)/' },
    },
    {
      name: 'platform-knows-no-module',
      comment: 'The platform serves the modules; a module it needs would be part of it.',
      severity: 'error',
      from: { path: '^src/platform/', pathNot: SPEC },
      to: { path: '^src/(?!platform/)' },
    },
    {
      name: 'doors-do-not-import-each-other',
      comment: 'Defenders’ and responders’ doors share what is behind them, never each other.',
      severity: 'error',
      from: { path: '^src/(intake|desk)/', pathNot: SPEC },
      to: { path: '^src/(intake|desk|telegram)/', pathNot: '^src/$1/' },
    },
    {
      name: 'the-bot-goes-through-the-intake',
      comment: 'What the bot seals is accepted by the same code as what a page seals; it knows nothing of the desk.',
      severity: 'error',
      from: { path: '^src/telegram/', pathNot: SPEC },
      to: { path: '^src/desk/' },
    },
    {
      name: 'nobody-behind-imports-a-door',
      severity: 'error',
      from: { path: '^src/(evidence|gatekeeper|roster|escalation|delivery|watching)/', pathNot: SPEC },
      to: { path: '^src/(intake|desk|telegram)/' },
    },
    {
      name: 'gatekeeper-stands-alone',
      comment: 'It is to become a process on another host; it knows the platform and nothing else.',
      severity: 'error',
      from: { path: '^src/gatekeeper/', pathNot: SPEC },
      to: { path: '^src/', pathNot: '^src/(gatekeeper|platform)/' },
    },
    {
      name: 'database-driver-behind-the-platform',
      comment: 'One pool, one way to open a transaction.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/database/', SPEC] },
      to: { path: 'node_modules/(pg|pg-pool)/' },
    },
    {
      name: 'nothing-from-development',
      comment: 'A package that is only there while developing is missing in production.',
      severity: 'error',
      from: { path: '^(src|migrations|packages/protocol/src)/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'nobody-imports-a-spec',
      severity: 'error',
      from: {},
      to: { path: SPEC },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^packages/protocol/dist'] },
    exclude: { path: ['^dist/', '/dist/web/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectJSDocImports: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
    },
  },
};
