"""Keypoint labels of other tools and data sets: one module a format, one form in between.

Each reader turns its format into a :class:`~pedpose.formats.labelled.Conversion`, each writer turns
that into files. :mod:`pedpose.formats.convert` joins them.

======================  ===========================================
``yolo``                YOLO-pose folders with a ``data.yaml``
``cvat``                "CVAT for images 1.1" XML
``labelstudio``         JSON export of Label Studio
``labelme``             folders of labelme JSON files
``lsp``                 Leeds Sports Pose ``joints.mat``
``mpii``                MPII ``.mat``
``mpii_json``           MPII as the JSON list of HRNet
``coco``                COCO keypoint files, as a source
``coco_writer``         COCO keypoint files, as a target
``yolo_writer``         YOLO-pose folders, as a target
======================  ===========================================
"""
