import { useRef, useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { directory, type Limits } from '../directory.js';
import { megabytes, prepareFile, type ReadyFile } from '../files.js';
import { useLive } from '../live.js';
import { Button, Notice } from '../ui.js';

/** What applies while the service has not been asked yet; its own limits are checked again when sending. */
const assumedLimits: Pick<Limits, 'attachmentBytes' | 'attachmentsPerAlert'> = {
  attachmentBytes: 25 * 1_048_576,
  attachmentsPerAlert: 5,
};

/** Chooses files, cleans what can be cleaned, and asks about what cannot. */
export function FilePicker(props: { files: readonly ReadyFile[]; onFiles: (files: readonly ReadyFile[]) => void }) {
  const { t } = usePage();
  const input = useRef<HTMLInputElement>(null);
  const state = useLive(directory);
  const limits = state.at === 'ready' ? state.directory.limits : assumedLimits;
  const [asking, setAsking] = useState<readonly ReadyFile[]>([]);
  const [refusals, setRefusals] = useState<readonly string[]>([]);

  const take = async (chosen: readonly File[]): Promise<void> => {
    const [ready, ask, refused] = [[...props.files], [...asking], [] as string[]];
    for (const file of chosen) {
      const room = limits.attachmentsPerAlert - ready.length - ask.length;
      const prepared = await prepareFile(file, { limitBytes: limits.attachmentBytes, room });
      if ('ready' in prepared) ready.push(prepared.ready);
      else if ('ask' in prepared) ask.push(prepared.ask);
      else {
        const { name } = prepared;
        const limit = megabytes(limits.attachmentBytes);
        refused.push(
          {
            'too-large': () => t('more.files.too-large', { name, size: megabytes(prepared.sizeBytes), limit }),
            'too-many': () => t('more.files.too-many', { n: limits.attachmentsPerAlert }),
            heic: () => t('more.files.heic', { name }),
            damaged: () => t('more.files.damaged', { name }),
          }[prepared.refused](),
        );
      }
    }
    props.onFiles(ready);
    setAsking(ask);
    setRefusals([...new Set(refused)]);
  };

  return (
    <div class="files">
      <input
        ref={input}
        class="hidden-text"
        type="file"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const { files } = event.currentTarget;
          // A copy: emptying the field below empties the live list too.
          if (files !== null) void take([...files]);
          // The same file may be chosen again after it was taken out.
          event.currentTarget.value = '';
        }}
      />
      <ul class="file-list" hidden={props.files.length === 0}>
        {props.files.map((file) => (
          <li key={file.id}>
            <span>
              {file.name}
              <span class="hint">
                {megabytes(file.bytes.length)} MB. {t(file.ending !== null ? 'more.files.cleaned' : 'more.files.as-is')}
              </span>
            </span>
            <button
              type="button"
              class="button button-quiet"
              aria-label={t('more.files.remove', { name: file.name })}
              onClick={() => props.onFiles(props.files.filter(({ id }) => id !== file.id))}
            >
              <span aria-hidden="true">✕</span>
            </button>
          </li>
        ))}
      </ul>
      {refusals.map((text) => (
        <Notice key={text} tone="warn" live>
          {text}
        </Notice>
      ))}
      {asking.map((file) => (
        <Notice key={file.id} tone="warn" live>
          <p class="strong">{t('more.files.ask-title', { name: file.name })}</p>
          <p>{t('more.files.ask')}</p>
          <p class="row">
            <Button
              onPress={() => {
                setAsking(asking.filter(({ id }) => id !== file.id));
                props.onFiles([...props.files, file]);
              }}
            >
              {t('more.files.ask-add')}
            </Button>
            <Button tone="quiet" onPress={() => setAsking(asking.filter(({ id }) => id !== file.id))}>
              {t('defender.cancel')}
            </Button>
          </p>
        </Notice>
      ))}
      <Button onPress={() => input.current?.click()}>{t('more.files.add')}</Button>
      <p class="hint">
        {t('more.files.limits', { n: limits.attachmentsPerAlert, size: megabytes(limits.attachmentBytes) })}
      </p>
    </div>
  );
}
