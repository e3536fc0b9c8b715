import { defineConfig } from 'vitest/config'

/** Specs of the folder that is changed, and those of options. The engines are not tried beforehand: none of these specs asks for one. */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    setupFiles: ['bench/mutation/fixed-seed.ts'],
    include: [`spec/${process.env['ROOM'] ?? ''}/**/*.spec.ts`, 'spec/options.spec.ts'],
  },
})
