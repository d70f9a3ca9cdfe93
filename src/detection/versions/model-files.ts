export const MODEL_FILES = ['model.json', 'weights.bin', 'card.json'] as const
