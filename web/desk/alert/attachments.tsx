// Files that came with an alert. They may be illegal to hold or made to harm: nothing is fetched before it is asked
// for, nothing runs, and pictures are painted from decoded pixels.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AttachmentEntry } from '@jardam/protocol';
import type { MessageKey } from '../../common/i18n.js';
import type { OpenedAlert } from '../crypto/messages.js';
import { plainText, readFileKind } from '../logic/file-kind.js';
import { mayTellMore } from '../logic/hidden-data.js';
import type { AlertDetail } from '../service/desk-api.js';
import type { DeskStore } from '../service/desk-store.js';
import { Dialog } from '../ui/dialog.js';
import { Notice } from '../ui/problem.js';
import { useText } from '../ui/text.js';

type FileState = 'idle' | 'fetching' | { readonly failed: MessageKey };

interface OpenFile {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export function Attachments(props: { alert: OpenedAlert; alertId: string; detail: AlertDetail; store: DeskStore }) {
  const t = useText();
  const { alert, alertId, detail, store } = props;
  const [open, setOpen] = useState<OpenFile | null>(null);
  const [states, setStates] = useState<Readonly<Record<string, FileState>>>({});
  if (alert.attachments.length === 0) return null;

  const fetchFile = async (entry: AttachmentEntry, number: number): Promise<void> => {
    const set = (state: FileState): void => setStates((all) => ({ ...all, [entry.objectId]: state }));
    set('fetching');
    const result = await store.openFile(alertId, entry.objectId);
    if ('bytes' in result) {
      set('idle');
      setOpen({ number, bytes: result.bytes });
    } else set({ failed: result.refused === 'damaged' ? 'desk.file.damaged' : 'desk.file.not-fetched' });
  };
  return (
    <section aria-labelledby="files-title">
      <h3 id="files-title">{t('desk.file.title')}</h3>
      <ul class="files">
        {alert.attachments.map((entry, i) => {
          const state = states[entry.objectId] ?? 'idle';
          const stored = detail.attachments.find(({ objectId }) => objectId === entry.objectId);
          const here = stored?.complete === true;
          return (
            <li key={entry.objectId}>
              <span class="file-name">{t('desk.file.name', { n: i + 1 })}</span>
              <span class="secondary">
                {entry.name} · <span class="figures">{sizeText(entry.size)}</span>
              </span>
              {here ? (
                <button
                  type="button"
                  class="button-line"
                  disabled={state === 'fetching'}
                  onClick={() => void fetchFile(entry, i + 1)}
                >
                  {state === 'fetching' ? t('desk.file.fetching') : t('desk.file.open')}
                </button>
              ) : (
                <span class="secondary">{t('desk.file.not-complete')}</span>
              )}
              {typeof state === 'object' ? <Notice text={t(state.failed)} /> : null}
            </li>
          );
        })}
      </ul>
      {open === null ? null : <FileDialog file={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

/** "820 kB", "1.4 MB": decimal units, as file managers show them. */
function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1_000))} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function FileDialog({ file, onClose }: { file: OpenFile; onClose: () => void }) {
  const t = useText();
  const read = readFileKind(file.bytes);
  const text = read.kind === 'text' ? plainText(file.bytes) : null;
  // Cleans the whole file to see: not again whenever the queue moves.
  const tellsMore = useMemo(() => mayTellMore(file.bytes, read.kind), [file.bytes, read.kind]);
  return (
    <Dialog title={t('desk.file.name', { n: file.number })} onClose={onClose} wide>
      {read.kind === 'image' ? <Picture bytes={file.bytes} type={read.type} number={file.number} /> : null}
      {text === null ? null : (
        <pre class="file-text" tabIndex={0}>
          {text}
        </pre>
      )}
      {tellsMore ? <p class="careful">{t('desk.file.hidden-data')}</p> : null}
      <p class="careful">{read.kind === 'other' ? t('desk.file.warning-other') : t('desk.file.warning')}</p>
      <SaveButton bytes={file.bytes} name={`file-${file.number}.${read.ending}`} />
    </Dialog>
  );
}

/** Largest side that is painted; a picture made to exhaust memory ends here. */
const maxSidePixels = 4_096;

/** Decoded pixels on a canvas: no image element that could be dragged, saved with its name, or loaded from elsewhere. */
function Picture({ bytes, type, number }: { bytes: Uint8Array; type: string; number: number }) {
  const t = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    let current = true;
    const paint = async (): Promise<void> => {
      const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type });
      const bitmap = await createImageBitmap(blob);
      const shrink = Math.min(1, maxSidePixels / Math.max(bitmap.width, bitmap.height));
      const target = canvas.current;
      if (current && target !== null) {
        target.width = Math.max(1, Math.round(bitmap.width * shrink));
        target.height = Math.max(1, Math.round(bitmap.height * shrink));
        target.getContext('2d')?.drawImage(bitmap, 0, 0, target.width, target.height);
      }
      bitmap.close();
    };
    paint().catch(() => {
      if (current) setBroken(true);
    });
    return () => {
      current = false;
    };
  }, [bytes, type]);
  if (broken) return <Notice text={t('desk.file.broken-picture')} />;
  return <canvas ref={canvas} class="picture" role="img" aria-label={t('desk.file.picture', { n: number })} />;
}

/** Saves under a number, as bytes without a type: nothing of the browser opens it by itself. */
function SaveButton({ bytes, name }: { bytes: Uint8Array; name: string }) {
  const t = useText();
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return (
    <button type="button" class="button-line" onClick={save}>
      {t('desk.file.save', { name })}
    </button>
  );
}
