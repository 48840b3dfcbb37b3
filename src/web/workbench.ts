/** What takes the plain form's place where there is JavaScript. Hidden until then; the script fills it. */
export function workbench(): string {
  return `<div id="workbench" class="scripted" hidden>
<section id="own-policy" aria-labelledby="own-policy-title" hidden>
<h2 id="own-policy-title">Your policy</h2>
<div id="policy-editor" class="editor"></div>
<p id="policy-fault" class="faults" role="status"></p>
<p id="policy-keys" class="keys"></p>
</section>
<section aria-labelledby="comparison-title">
<h2 id="comparison-title" class="visually-hidden">Manifests before and after</h2>
<div class="pane-titles" aria-hidden="true"><span>Your manifests</span><span>Hardened</span></div>
<div id="comparison" class="editor"></div>
<ul id="faults" class="faults"></ul>
<p id="status" role="status" class="visually-hidden"></p>
</section>
<div id="objects"></div>
</div>`;
}
