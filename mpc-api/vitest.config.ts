import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Each layer is a project, so that `vitest --project unit` runs what needs nothing.
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'] } },
      { test: { name: 'integration', include: ['tests/integration/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'contract', include: ['tests/contract/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'litellm',
          include: ['tests/litellm/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 10_000 } },
          fileParallelism: false,
          // Real programs on a machine that may be busy: a second failure is one.
          retry: 1,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['tests/stack/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
          // Real programs on a machine that may be busy: a second failure is one.
          retry: 1,
        },
      },
    ],
  },
})
