import js from '@eslint/js'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

const environment = {
  object: 'process',
  property: 'env',
  message: 'only config/ and index.ts read the environment',
}

/**
 * Who may import whom inside mpc-api/src: each folder and the folders it may read. This table is the rule.
 *
 * @type {Record<string, string[]>}
 */
const layers = {
  config: [],
  errors: [],
  protocol: ['errors'],
  telemetry: ['config', 'protocol', 'errors'],
  storage: ['errors', 'telemetry', 'protocol'],
  http: ['errors', 'protocol', 'telemetry'],
  'http-client': [],
  services: ['errors', 'protocol', 'telemetry', 'storage'],
  proxy: ['errors', 'protocol', 'telemetry', 'http', 'http-client'],
  middlewares: ['errors', 'protocol', 'telemetry', 'services', 'proxy', 'http'],
  routes: ['errors', 'protocol', 'telemetry', 'services', 'proxy', 'http', 'middlewares'],
  dashboard: ['errors', 'protocol', 'telemetry', 'services', 'http', 'middlewares'],
  'demo-upstream': ['protocol'],
}

const zones = Object.entries(layers).map(([layer, allowed]) => ({
  target: `./mpc-api/src/${layer}`,
  from: Object.keys(layers)
    .filter((other) => other !== layer && !allowed.includes(other))
    .map((other) => `./mpc-api/src/${other}`),
  message: `${layer}/ may import only: ${allowed.join(', ') || 'nothing'}`,
}))

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.cache/', 'coverage/', 'openapi/client/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'mpc-api' })] },
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 4],
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
    },
  },
  {
    files: ['mpc-api/src/**/*.ts'],
    ignores: [
      'mpc-api/src/app.ts',
      'mpc-api/src/{middlewares,routes,dashboard,http}/**',
      'mpc-api/src/**/*.test.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'express', message: 'only app, http, middlewares, routes and dashboard know Express' },
          ],
        },
      ],
    },
  },
  {
    files: ['mpc-api/src/**/*.ts'],
    ignores: ['mpc-api/src/config/**', 'mpc-api/src/index.ts', 'mpc-api/src/**/*.test.ts'],
    rules: {
      'no-restricted-properties': ['error', environment],
    },
  },
  {
    // What clients write. proxy/ looks for names of its own in what LiteLLM writes.
    files: ['mpc-api/src/{services,routes,middlewares,demo-upstream}/**/*.ts'],
    ignores: ['mpc-api/src/**/*.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        environment,
        { object: 'JSON', property: 'parse', message: 'parseJson of protocol/ reads every name right' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', '**/tests/**'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  // It stands outside of every TypeScript project.
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['eslint.config.js', '**/vitest.config.ts'],
    rules: { 'import-x/no-default-export': 'off', '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['scripts/**', 'bench/**', '.ci/**'],
    rules: { 'no-console': 'off' },
  },
)
