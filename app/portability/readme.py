"""The page that an export carries, for whoever opens it without passnum."""

README = """\
Export de passnum
=================

Ce dossier contient tout le registre des pass, dans des formats que chacun peut lire sans passnum.

  manifeste.json        la liste des fichiers, avec l’empreinte SHA-256 de chacun
  tables/*.jsonl        une table par fichier, une ligne par enregistrement (JSON, UTF-8)
  sceaux/feuilles.jsonl ce qui est scellé de chaque mouvement, une ligne par place
  sceaux/points-de-controle.txt
                        les points de contrôle signés, du premier au dernier
  creances/             ce qui est dû à chaque médiateur, et la valeur des pass par détenteur
                        (CSV pour tableur, et PDF à joindre à une déclaration de créances)

Les montants sont en centimes d’euro, les instants en temps universel, les octets en hexadécimal.

Ce qui n’y est pas : les mots de passe, les jetons d’accès, les brouillons de saisie ; les noms des
personnes, sauf si l’export a été demandé avec eux (« identity » dans le manifeste). Les IBAN y sont
scellés : sans la clé de l’installation d’origine, personne ne les lit. Les codes des pass n’y sont
pas : seules leurs empreintes le sont. Gardez les clés (dossier « keys ») à part de l’export.

Reprendre ces données : « passnum migrate » sur une base neuve, puis « passnum import FICHIER ».
Les vérifier : « passnum verify --export FICHIER », ou sans passnum :

  import base64, hashlib, pathlib
  def racine(f):
      if len(f) == 1: return hashlib.sha256(b"\\0" + f[0]).digest()
      k = 1
      while k * 2 < len(f): k *= 2
      return hashlib.sha256(b"\\1" + racine(f[:k]) + racine(f[k:])).digest()
  feuilles = pathlib.Path("sceaux/feuilles.jsonl").read_bytes().splitlines()
  print(base64.b64encode(racine(feuilles)).decode())

Le résultat est la troisième ligne du dernier point de contrôle. Comparez aussi ce point de contrôle
avec un exemplaire gardé ailleurs (un bordereau imprimé, le dossier d’un médiateur, un courrier).
"""
