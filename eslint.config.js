import rxjs from 'eslint-plugin-rxjs-x'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'runs/', '**/*.config.*', '.dependency-cruiser.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  rxjs.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(fp-ts|io-ts)/(?!lib/.*\\.js$)',
              message: 'Plain Node cannot resolve this form; import from fp-ts/lib/NAME.js or io-ts/lib/NAME.js.',
            },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'rxjs-x/no-ignored-error': 'off',
      // Index loops over typed arrays: noUncheckedIndexedAccess makes every read maybe-undefined.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['lib/**', 'operators/**', 'pipelines/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draws come from lib/random, by key.' },
        { object: 'Date', property: 'now', message: 'Time comes in through the Clock port.' },
      ],
    },
  },
)
