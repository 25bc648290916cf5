import { type Recording } from '../http/recording.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { type IdempotencyStore } from '../services/idempotency/idempotency-store.ts'
import { type Admission } from '../services/limits/admission.ts'

/** What serving an inference endpoint takes. */
export interface InferenceDeps {
  upstream: Upstream
  limits: { maxBodyBytes: number; maxUploadBytes: number; maxJsonDepth: number }
  clocks: ExchangeClocks & { bodyIdleMs: number }
  admission: Admission
  answers: IdempotencyStore<Recording>
}
