import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Time and randomness are passed in (CONTRIBUTING, sentence 4), so the globals are banned outside src/base/clock.ts. */
const bannedGlobals = [
  { object: 'Date', property: 'now', message: 'Take a Clock (src/base/clock.ts).' },
  { object: 'Math', property: 'random', message: 'Take a Random function (src/base/clock.ts).' },
  { object: 'performance', property: 'now', message: 'Take a Clock (src/base/clock.ts).' },
];
const bannedTimers = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Take a Clock (src/base/clock.ts).',
}));

export default tseslint.config(
  { ignores: ['dist/', '.cache/', 'node_modules/', 'test/golden/', 'test/fixtures/', 'bench/results/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // The style prefers the kernel's spelling of a loop where the index is the point (schedulers, codecs).
      '@typescript-eslint/prefer-for-of': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'schedulers/**/*.ts', 'native/**/*.ts'],
    ignores: ['src/base/clock.ts'],
    rules: {
      'no-restricted-properties': ['error', ...bannedGlobals],
      'no-restricted-globals': ['error', ...bannedTimers],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-console': 'off',
      // node:test's describe/it return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['describe', 'it', 'test', 'before', 'after'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.js'], languageOptions: { globals: { process: 'readonly' } } },
);
