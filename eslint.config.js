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
              message: 'Node cannot resolve this path. Import fp-ts/lib/NAME.js or io-ts/lib/NAME.js.',
            },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A name that is left out of a rest is not used.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'rxjs-x/no-ignored-error': 'off',
      // noUncheckedIndexedAccess adds undefined to the type of every element, also in a loop whose index is in range.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['lib/**', 'operators/**', 'pipelines/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Math.random makes a run irreproducible. Call uniform() of lib/random with the seed and a key.',
        },
        {
          object: 'Date',
          property: 'now',
          message: 'Date.now makes a run irreproducible. Take the time from the Clock port.',
        },
      ],
    },
  },
)
