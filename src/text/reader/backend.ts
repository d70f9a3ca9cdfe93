import type * as TF from '@tensorflow/tfjs-core'
import { SigwatchError } from '../../domain/errors.ts'
import { require, tf } from './tensorflow.ts'

export const BACKENDS = ['native', 'wasm', 'cpu'] as const
export type Backend = (typeof BACKENDS)[number]
export type BackendChoice = 'auto' | Backend

const NAME_OF: Readonly<Record<Backend, string>> = { native: 'tensorflow', wasm: 'wasm', cpu: 'cpu' }

/** Major version of Node that removed an API used by the native binding. */
const NATIVE_ENDS_AT = 23

/**
 * Initialises a backend. `auto`: native if installed and loadable, else wasm, else cpu; `onNotice` is called with the reason when
 * a better backend fails, but not if native is not installed. Throws if a backend requested by name does not load.
 */
export async function openBackend(
  choice: BackendChoice,
  onNotice: (message: string) => void,
): Promise<Backend> {
  tf.enableProdMode()
  const wanted = choice === 'auto' ? BACKENDS : [choice]
  for (const backend of wanted) {
    try {
      await LOADERS[backend]()
      if (!(await tf.setBackend(NAME_OF[backend]))) throw new Error('it does not initialise')
      return backend
    } catch (cause) {
      const reason = (cause as Error).message.split('\n')[0] as string
      if (choice !== 'auto') {
        throw new SigwatchError(
          'CONFIG_INVALID',
          `inference backend ${backend} is not available: ${reason}`,
          { cause },
        )
      }
      if (!(cause instanceof NotInstalled))
        onNotice(`inference backend ${backend} is not available: ${reason}`)
    }
  }
  throw new SigwatchError('INTERNAL', 'no backend of tensorflow.js loads')
}

/** Makes an initialised `backend` current for the following operations, synchronously. */
export function useBackend(backend: Backend): void {
  // For an initialised backend, setBackend takes effect before its first await.
  if (tf.getBackend() !== NAME_OF[backend]) void tf.setBackend(NAME_OF[backend])
}

class NotInstalled extends Error {}

const LOADERS: Readonly<Record<Backend, () => Promise<void>>> = {
  native: loadNative,
  wasm: async () => {
    require('@tensorflow/tfjs-backend-wasm')
  },
  cpu: async () => {
    require('@tensorflow/tfjs-backend-cpu')
  },
}

interface NativeBackend {
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32', number>>
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly TF.Tensor[]): TF.Tensor
}

async function loadNative(): Promise<void> {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= NATIVE_ENDS_AT) {
    throw new Error(
      `@tensorflow/tfjs-node does not run on Node ${process.versions.node}, only below ${NATIVE_ENDS_AT}`,
    )
  }
  // Libtensorflow logs its startup to stderr unless configured before it is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  // The matrices of a batch are too small to be worth handing to other threads, whose wake-up the batch would wait for.
  process.env.TF_NUM_INTRAOP_THREADS ??= '1'
  process.env.TF_NUM_INTEROP_THREADS ??= '1'
  // In a variable so that the compiler does not resolve this optional package.
  const optional = '@tensorflow/tfjs-node'
  try {
    import.meta.resolve(optional)
  } catch {
    throw new NotInstalled('@tensorflow/tfjs-node is not installed')
  }
  require(optional)
  if (tf.getKernel('SparseSegmentMean', NAME_OF.native) !== undefined) return
  // Libtensorflow has the operation, but the binding does not register it.
  tf.registerKernel({
    kernelName: 'SparseSegmentMean',
    backendName: NAME_OF.native,
    kernelFunc: ({ inputs, backend }) => {
      const { binding, executeSingleOutput } = backend as unknown as NativeBackend
      const { data, indices, segmentIds } = inputs as Record<'data' | 'indices' | 'segmentIds', TF.Tensor>
      const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value })
      const attributes = [
        type('T', binding.TF_FLOAT),
        type('Tidx', binding.TF_INT32),
        type('Tsegmentids', binding.TF_INT32),
      ]
      return executeSingleOutput.call(backend, 'SparseSegmentMean', attributes, [data, indices, segmentIds])
    },
  })
}
