import tseslint from 'typescript-eslint';

// Telegram's client can carry data out past the seal; our own origin is the only way.
const forbiddenInPages = [
  { selector: "Identifier[name='sendData']", message: 'Nothing leaves a page but sealed, to our own origin (docs/threat-model.md).' },
  { selector: "Identifier[name='CloudStorage']", message: 'Nothing is kept in a third party’s cloud (docs/threat-model.md).' },
  { selector: "MemberExpression[property.name='innerHTML']", message: 'Text becomes elements through preact only; Trusted Types forbid HTML strings.' },
  { selector: "MemberExpression[property.name='outerHTML']", message: 'Text becomes elements through preact only; Trusted Types forbid HTML strings.' },
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Text becomes elements through preact only.' },
  { selector: "JSXAttribute[name.name='style']", message: 'Inline styles are blocked by the page’s policy; use a class of web/common/tokens.css.' },
  { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: 'Text becomes elements through preact only.' },
  { selector: "CallExpression[callee.object.name='document'][callee.property.name='write']", message: 'Text becomes elements through preact only.' },
];

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', 'coverage/', 'bench/results/', '.jardam/', 'test/fixtures/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      'no-eval': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // A status code or a count in a message is meant; what is not wanted is an object that prints as [object Object].
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    // Constructor parameters of injectable classes must stay real imports: their types are read at run time.
    files: ['src/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['src/domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[object.name='Temporal'][property.name='Now']", message: 'Decisions are pure: the time is an argument.' },
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Decisions are pure: the time is an argument.' },
      ],
    },
  },
  { files: ['src/cli/**/*.ts', 'src/demo/**/*.ts', 'bench/**/*.ts', 'packages/protocol/src/vectors-cli.ts'], rules: { 'no-console': 'off' } },
  { files: ['web/**/*.{ts,tsx}'], rules: { 'no-restricted-syntax': ['error', ...forbiddenInPages] } },
  {
    // jest's matchers for any value are typed any; a test states a shape, it does not compute with it.
    files: ['**/*.spec.{ts,tsx}', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
);
