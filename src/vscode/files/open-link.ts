import * as vscode from "vscode";

/** Opens an http(s) link of a model's answer outside, if the user says so when shown the whole of it. */
export async function openLink(url: string): Promise<void> {
  if (!/^https?:\/\//i.test(url)) return;
  const open = vscode.l10n.t("Open Link");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Open a link from a model's answer?"),
    { modal: true, detail: url },
    open,
  );
  if (picked === open) await vscode.env.openExternal(vscode.Uri.parse(url, true));
}
