"""Violence against a whole running installation, and a look whether it kept its promises: ``make faults``.

``stack`` is the installation, ``ground`` what it holds, ``load`` the people and programs that use it (each with a
history of what was promised to them), ``kinds`` what is done to it, ``check`` compares histories and rows, ``plan``
puts rounds together. Everything random comes from one seed.
"""
